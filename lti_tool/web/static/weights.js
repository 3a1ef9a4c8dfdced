// Choosing competencies: says what the weights of the ticked ones come to while they are typed.
(() => {
  const total = document.getElementById("total");
  const rows = [...document.querySelectorAll(".picks li")];

  function add() {
    const ticked = rows.filter((row) => row.querySelector("[type=checkbox]").checked);
    const sum = ticked.reduce((all, row) => all + Number(row.querySelector("[type=number]").value), 0);
    const states = { [total.dataset.full]: "full", 0: ticked.length ? "none" : "off" };
    const state = states[sum] ?? "off";
    total.querySelector("b").textContent = sum;
    for (const words of total.querySelectorAll("[data-sum]")) words.hidden = words.dataset.sum !== state;
  }

  total.closest("form").addEventListener("input", add);
  add(); // a page that the browser restored holds other numbers than it came with
})();
