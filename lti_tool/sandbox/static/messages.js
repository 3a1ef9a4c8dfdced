// What a page answers the tool in its frame. Which subjects, the frame's data-messages says.
// Canvas: ui/shared/lti/jquery/messages.ts and ui/shared/lti/jquery/subjects/*.
"use strict";

const tool = document.querySelector("iframe[data-tool]");
const offered = tool ? tool.dataset.messages.split(" ").filter(Boolean) : [];
const forwarder = document.getElementById("post_message_forwarding");

function say(words) {
  document.getElementById("tool-says").textContent = words;
}

function keep(event) {
  event.preventDefault();
}

const answers = {
  "lti.capabilities": () => ({ supported_messages: supported() }),
  "lti.frameResize": ({ height }) => {
    const wanted = Number(height);
    if (wanted > 0 && wanted < 20000) tool.style.height = `${Math.round(wanted)}px`;
  },
  "lti.fetchWindowSize": () => ({ height: window.innerHeight, width: window.innerWidth, scrollY: window.scrollY }),
  "lti.scrollToTop": () => window.scrollTo(0, 0),
  "lti.setUnloadMessage": () => window.addEventListener("beforeunload", keep),
  "lti.removeUnloadMessage": () => window.removeEventListener("beforeunload", keep),
  "lti.showAlert": ({ title, body }) => say([title, body].filter(Boolean).join(": ")),
  "lti.screenReaderAlert": ({ body }) => say(String(body)),
  "lti.getPageSettings": () => ({ pageSettings: { locale: "en", time_zone: "Europe/Vienna", use_high_contrast: false } }),
};

function supported() {
  const frame = forwarder ? { frame: forwarder.name } : {};
  const storage = tool.dataset.stores ? ["lti.put_data", "lti.get_data"] : [];
  return [...offered.map((subject) => ({ subject })), ...storage.map((subject) => ({ subject, ...frame }))];
}

function parsed(data) {
  if (typeof data !== "string") return data;
  try { return JSON.parse(data); } catch { return null; }
}

function reply(message) {
  const said = { subject: `${message.subject}.response`, message_id: message.message_id };
  if (offered.includes(message.subject)) return { ...said, ...answers[message.subject](message) };
  return { ...said, error: { code: "unsupported_subject", message: "not answered here" } };
}

if (offered.length) {
  window.addEventListener("message", (event) => {
    if (event.source !== tool.contentWindow || event.origin !== tool.dataset.tool) return;
    const message = parsed(event.data);
    if (!message || !String(message.subject).startsWith("lti.")) return;
    // Where the page itself stores, storage.js answers these.
    if (tool.dataset.stores === "_parent" && /^lti\.(put|get)_data$/.test(message.subject)) return;
    tool.contentWindow.postMessage(reply(message), event.origin);
  });
}

// Trouble on purpose: an answer of the frame's, sent on by a page of another origin.
if (tool && forwarder) {
  window.addEventListener("message", (event) => {
    if (event.source !== forwarder.contentWindow || !event.data.relay) return;
    tool.contentWindow.postMessage(event.data.relay, tool.dataset.tool);
  });
}
