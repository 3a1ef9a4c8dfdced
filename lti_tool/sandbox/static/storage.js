// Platform Storage: keeps what a tool puts, by the tool's origin, for as long as this page is open.
// Canvas: ui/shared/lti/jquery/platform_storage.ts, subjects/lti.put_data.ts, lti.get_data.ts. As
// there, keys and values of one tool share the room, and a key written again counts again.
"use strict";

const place = document.querySelector("[data-storage]");
const trouble = place ? place.dataset.storage : "";
const KEYS = 500;
const CHARACTERS = trouble === "exhausted" ? 0 : 4096;
const shelves = new Map();

class Refused extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

function shelfOf(origin) {
  if (!shelves.has(origin)) shelves.set(origin, { values: new Map(), keys: 0, characters: 0 });
  return shelves.get(origin);
}

function drop(shelf, key) {
  if (!shelf.values.has(key)) return;
  shelf.keys = Math.max(0, shelf.keys - 1);
  shelf.characters = Math.max(0, shelf.characters - key.length - shelf.values.get(key).length);
  shelf.values.delete(key);
}

function put(shelf, { key, value }) {
  if (value === null || value === undefined) {
    drop(shelf, key);
    return { key };
  }
  if (typeof value !== "string") throw new Refused("bad_request", "value must be a string");
  const length = key.length + value.length;
  if (shelf.keys >= KEYS) throw new Refused("storage_exhaustion", "Reached key limit for tool");
  if (shelf.characters + length > CHARACTERS) {
    throw new Refused("storage_exhaustion", "Reached byte limit for tool");
  }
  shelf.keys += 1;
  shelf.characters += length;
  shelf.values.set(key, value);
  return { key, value };
}

const subjects = {
  "lti.put_data": put,
  "lti.get_data": (shelf, { key }) => ({ key, value: shelf.values.get(key) ?? null }),
};
// A page answers this by itself; asked in the frame, only the frame can.
if (place?.dataset.page) {
  const stored = Object.keys(subjects).map((subject) => ({ subject }));
  subjects["lti.capabilities"] = () => ({ supported_messages: stored });
}

function answer(message, origin) {
  const reply = { subject: `${message.subject}.response`, message_id: message.message_id };
  try {
    if (!message.message_id) throw new Refused("bad_request", "message_id is missing");
    if (!(message.subject in subjects)) throw new Refused("unsupported_subject", "not answered here");
    if (message.subject !== "lti.capabilities" && typeof message.key !== "string") {
      throw new Refused("bad_request", "key is missing");
    }
    return { ...reply, ...subjects[message.subject](shelfOf(origin), message) };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { ...reply, error: { code: error.code, message: error.message } };
  }
}

// What a switch of the control interface spoils in a reply, and by whom it is sent.
const spoil = {
  "wrong-message-id": (reply) => ({ ...reply, message_id: `${reply.message_id}-other` }),
  tampered: (reply) => (reply.subject === "lti.get_data.response" ? { ...reply, value: `${reply.value}-other` } : reply),
};

function send(reply, event) {
  if (trouble === "silent") return;
  const spoilt = (spoil[trouble] || ((same) => same))(reply);
  if (trouble === "wrong-origin" && window.parent !== window) {
    window.parent.postMessage({ relay: spoilt }, place.dataset.page);
  } else {
    event.source.postMessage(spoilt, event.origin);
  }
}

function report(message, reply, origin) {
  const passed = { subject: message.subject, key: String(message.key ?? ""), origin, error: reply.error?.code ?? "" };
  const headers = { "Content-Type": "application/json" };
  fetch(place.dataset.report, { method: "POST", headers, body: JSON.stringify(passed) }).catch(() => {});
}

if (place) {
  window.addEventListener("message", (event) => {
    const message = event.data;
    if (event.source === window || !message || !(message.subject in subjects)) return;
    const reply = answer(message, event.origin);
    send(reply, event);
    report(message, reply, event.origin);
  });
}
