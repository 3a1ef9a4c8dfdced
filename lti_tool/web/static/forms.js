// Forms: the list of faults takes the focus, and nothing is sent twice.
(() => {
  // Browsers ignore autofocus inside another site's frame.
  document.getElementById("faults")?.focus();

  document.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (event.defaultPrevented || event.target.method !== "post" || !button) return;
    // The page stays while a file is downloaded.
    if ("download" in button.dataset) return;
    // After this event: a disabled button would leave its own value out of what is sent.
    setTimeout(() => {
      button.disabled = true;
      button.dataset.words = button.textContent;
      button.textContent = button.dataset.sending ?? button.textContent;
    });
  });

  // Back from the next page: the browser shows this one as it was left.
  window.addEventListener("pageshow", () => {
    for (const button of document.querySelectorAll("button[data-words]")) {
      button.disabled = false;
      button.textContent = button.dataset.words;
      delete button.dataset.words;
    }
  });
})();
