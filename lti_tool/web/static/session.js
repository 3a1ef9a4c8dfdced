// Says ahead of time that the session is about to end, and lets it go on with one button.
// Times come from the page: data-idle and data-warn in seconds, data-stay the address to ask, data-csrf the token.
(() => {
  const { idle, warn, stay, csrf } = document.body.dataset;
  let lastHeard = Date.now();
  let shown = null;

  const left = () => Number(idle) - (Date.now() - lastHeard) / 1000;

  function show(id) {
    if (shown?.id === id) return;
    shown?.bar.remove();
    const bar = document.getElementById(id).content.firstElementChild.cloneNode(true);
    bar.querySelector("button")?.addEventListener("click", ask);
    document.querySelector(".skip").after(bar);
    shown = { id, bar };
  }

  function heard() {
    lastHeard = Date.now();
    shown?.bar.remove();
    shown = null;
  }

  async function ask() {
    try {
      const answer = await fetch(stay, { method: "POST", headers: { "X-CSRF-Token": csrf } });
      if (answer.ok) heard();
      else if (answer.status === 403) show("ended"); // anything else may pass: the bar stays
    } catch {
      // No connection: the bar stays, and so does its button.
    }
  }

  // A clock that slept with the computer is right again at its next tick.
  setInterval(() => {
    if (shown?.id === "ended") return;
    if (left() <= -10) ask(); // another tab may have kept the session going
    else if (left() <= Number(warn)) show("ending");
  }, 5000);

  document.addEventListener("htmx:after:request", ({ detail }) => {
    if (detail.ctx.response.status < 400) heard();
  });
})();
