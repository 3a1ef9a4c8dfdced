// The scoring form: counts what is answered and tells how safe it is. Words come from the page.
(() => {
  const form = document.getElementById("scoring");

  // Counting ------------------------------------------------------------------------------------

  const criteria = [...form.querySelectorAll("fieldset[data-step]")].filter((one) => one.id !== "support");
  const left = JSON.parse(form.dataset.left);
  const scored = JSON.parse(form.dataset.scored);
  const chosen = (fieldset) => fieldset.querySelector("input:checked");

  function mark(step, kind, shape, words) {
    step.className = kind;
    const use = step.querySelector("use");
    use.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#${shape}`));
    if (words) step.querySelector("small").textContent = words;
  }

  function count() {
    const answered = criteria.filter(chosen).length;
    document.querySelector(".pipbar [data-scored]").textContent = scored[answered];
    document.querySelectorAll(".pips i").forEach((pip, at) => {
      pip.classList.toggle("done", Boolean(chosen(criteria[at])));
    });
    const words = document.querySelector("#state [data-left]");
    if (words) words.textContent = left[answered];
  }

  function follow(part) {
    const step = form.querySelector(`[data-for="${part.id}"]`);
    if (part.id === "words") {
      const written = form.elements.worked.value || form.elements.next.value;
      mark(step, written ? "done" : "", written ? "done" : "open");
      return;
    }
    const radio = chosen(part);
    if (!radio) return;
    const words = part.id !== "support" && radio.closest("label").querySelector("b").textContent;
    mark(step, "done", radio.value === "no" ? "not-seen" : "done", words);
  }

  // What was wrong is being put right: the next answer of the server has the last word.
  function forgive(part, field) {
    field.removeAttribute("aria-invalid");
    document.getElementById(`${field.id || field.name}-msg`)?.remove();
    part.classList.remove("wrong");
  }

  form.addEventListener("input", ({ target }) => {
    const part = target.closest("[data-step]");
    if (part) {
      forgive(part, target);
      follow(part);
    }
    count();
  });
  // A page that the browser restored holds other answers than it came with.
  form.querySelectorAll("[data-step]").forEach((part) => {
    if (!part.matches(".wrong") && !part.querySelector("[aria-invalid]")) follow(part);
  });
  count();

  // Enter in a line of text would submit the assessment.
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches("input:not([type=radio], [type=checkbox])")) {
      event.preventDefault();
    }
  });

  // Saving --------------------------------------------------------------------------------------

  if (!form.dataset.saving) return; // an amendment is sent as a whole, never bit by bit

  const SPOKEN_EVERY = 30_000;
  let saving = false;
  let refused = false; // a newer version stands on the server, or the session is over
  let waiting = null; // the button that was pressed while a save was under way
  let submitting = false;
  let word = null;
  let trying = null; // the next try to save, while nothing can be saved
  let spokenAt = 0;

  function tell(first, second) {
    const state = document.getElementById("state");
    const bold = document.createElement("b");
    bold.textContent = first;
    const rest = document.createElement("span");
    rest.textContent = second;
    state.replaceChildren(bold, rest);
  }

  form.addEventListener("htmx:before:request", (event) => {
    if (submitting || refused) return event.preventDefault();
    saving = true;
    // A queued save was put together before the one ahead of it was answered: take what stands
    // on the page now, with the version that answer brought.
    event.detail.ctx.request.body = new URLSearchParams(new FormData(form));
    word = setTimeout(() => tell(form.dataset.saving, ""), 1000);
  });

  form.addEventListener("htmx:before:response", (event) => {
    const { status } = event.detail.ctx.response;
    refused = status === 409 || status === 403;
    if ([200, 409, 422].includes(status)) return;
    event.preventDefault(); // a page of its own, meant for nobody here
    if (status === 403) tell(form.dataset.unsaved, form.dataset.ended);
    else again(form.dataset.away);
  });

  form.addEventListener("htmx:error", () => again(form.dataset.offline));

  // One try is ahead at a time, however often somebody types while nothing is saved.
  function again(reason) {
    tell(form.dataset.unsaved, reason);
    clearTimeout(trying);
    trying = setTimeout(() => form.dispatchEvent(new Event("again")), 10_000);
  }

  form.addEventListener("htmx:finally:request", () => {
    clearTimeout(word);
    saving = false;
    if (Date.now() - spokenAt > SPOKEN_EVERY) {
      spokenAt = Date.now();
      document.getElementById("spoken").textContent = document.getElementById("state").innerText;
    }
    if (waiting) form.requestSubmit(waiting);
  });

  // Two posts with one version: the second would be refused. So a save under way is waited for.
  form.addEventListener("submit", (event) => {
    if (saving) {
      event.preventDefault();
      waiting = event.submitter;
    } else {
      submitting = true;
    }
  });
  window.addEventListener("pageshow", () => {
    submitting = false;
    waiting = null;
  });
})();
