// Lets the LMS close the frame or window it opened for a registration (LTI Dynamic Registration
// 1.0). The word holds no secret, and which page of the LMS framed us is not known: any may have it.
(() => {
  const lms = window.opener || (window.parent !== window && window.parent);
  if (!lms) return;
  const button = document.getElementById("close");
  button.hidden = false;
  document.getElementById("close-yourself").hidden = true;
  button.addEventListener("click", () => {
    lms.postMessage({ subject: "org.imsglobal.lti.close" }, "*");
  });
})();
