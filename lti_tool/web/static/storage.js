// Talks to the LMS's storage for a browser that takes no cookies (1EdTech LTI Platform Storage): keeps the proof
// of a login there, or asks for it again. Only one frame, of one origin, is told anything or believed.
(() => {
  const page = document.getElementById("storage");
  const { target, key, wait } = page.dataset;
  const origin = new URL(page.dataset.lms).origin;
  const AGAIN = 500; // milliseconds: the frame may be loading still

  function frame() {
    try {
      return target === "_parent" ? window.parent : window.parent.frames[target];
    } catch {
      return undefined; // no frame of that name, in a page of another site
    }
  }

  // The LMS's answer to a message; fails when it is an error, or does not come in time.
  function ask(message) {
    message.message_id = Array.from(crypto.getRandomValues(new Uint32Array(4))).join("-");
    return new Promise((resolve, reject) => {
      const say = () => frame()?.postMessage(message, origin);
      const saying = setInterval(say, AGAIN);
      const ending = setTimeout(() => end(reject), Number(wait));

      function end(how, answer) {
        clearInterval(saying);
        clearTimeout(ending);
        window.removeEventListener("message", heard);
        how(answer);
      }

      function heard(event) {
        if (event.origin !== origin || event.source !== frame()) return;
        const answer = event.data;
        if (answer?.subject !== `${message.subject}.response` || answer.message_id !== message.message_id) return;
        end(answer.error ? reject : resolve, answer);
      }

      window.addEventListener("message", heard);
      say();
    });
  }

  async function keep() {
    try {
      await ask({ subject: "lti.put_data", key, value: page.dataset.proof });
      location.replace(page.dataset.onward);
    } catch {
      document.getElementById("waiting").hidden = true;
      document.getElementById("offer").hidden = false;
    }
  }

  async function fetchBack() {
    const form = document.getElementById("launch");
    try {
      const { value } = await ask({ subject: "lti.get_data", key });
      form.elements.proof.value = value ?? "";
      // The LMS keeps a few hundred values for us: make room.
      frame().postMessage({ subject: "lti.put_data", message_id: "done", key, value: null }, origin);
    } catch {
      // Sent without a proof, the launch is refused in words.
    }
    form.submit();
  }

  if (page.dataset.proof) keep();
  else fetchBack();
})();
