// Compares a file with the certificate that was issued, on the reader's device: nothing is sent.
(() => {
  const section = document.getElementById("comparison");
  const zone = section.querySelector(".drop");
  const told = section.querySelector("[role=status]");
  const size = Number(section.dataset.size);

  function tell(word) {
    const words = document.getElementById(`comparison-${word}`);
    told.replaceChildren(words.content.cloneNode(true));
  }

  async function fingerprint(part) {
    const digest = await crypto.subtle.digest("SHA-256", await part.arrayBuffer());
    return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  async function compare(file) {
    if (!file) return;
    told.replaceChildren();
    try {
      // A signature that is added to a PDF stands behind all that was there before.
      const found = await fingerprint(file.slice(0, size));
      if (found !== section.dataset.sha256) tell("other");
      else tell(file.size === size ? "same" : "longer");
    } catch {
      tell("unread");
    }
  }

  // Browsers have it on encrypted pages, and on those of this very device.
  if (!window.crypto?.subtle) {
    tell("unsafe");
    return;
  }
  zone.hidden = false;
  zone.querySelector("input").addEventListener("change", (event) => compare(event.target.files[0]));

  // The whole page takes what is dropped: beside the zone, a browser would open the file instead.
  const brings = (event) => event.dataTransfer.types.includes("Files");
  document.addEventListener("dragover", (event) => {
    if (!brings(event)) return;
    event.preventDefault();
    zone.classList.add("over");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) zone.classList.remove("over");
  });
  document.addEventListener("drop", (event) => {
    if (!brings(event)) return;
    event.preventDefault();
    zone.classList.remove("over");
    compare(event.dataTransfer.files[0]);
  });
})();
