// Asks the LMS for a frame as high as the page, so that only one thing scrolls (lti.frameResize).
// A page with a sticky bar is left alone: in a frame that grows, it would stick to nothing.
(() => {
  if (window.parent === window || document.querySelector(".submitbar")) return;
  new ResizeObserver(() => {
    const height = Math.ceil(document.body.getBoundingClientRect().height);
    window.parent.postMessage({ subject: "lti.frameResize", height }, "*");
  }).observe(document.body);
})();
