// A tool that has registered itself says so; then the administrator sees the list of tools again.
// Canvas: ui/features/lti_registrations; Moodle: mod/lti/amd/src/tool_configure_controller.js
"use strict";

const registering = document.querySelector("iframe[data-closes-to]");
window.addEventListener("message", (event) => {
  if (event.source !== registering.contentWindow) return;
  let message = event.data;
  if (typeof message === "string") {
    try { message = JSON.parse(message); } catch { return; }
  }
  if (message && message.subject === "org.imsglobal.lti.close") {
    window.location.assign(registering.dataset.closesTo);
  }
});
