// The page "Names of torch": a box that leaves only the names that hold what is typed.
document.addEventListener("DOMContentLoaded", () => {
  const rooms = [...document.querySelectorAll("section > section")];
  const sums = document.querySelectorAll("h1 ~ .table-wrapper");
  const box = document.createElement("input");
  box.type = "search";
  box.className = "torch-names-box";
  const find = document.documentElement.lang === "ko" ? "이름 찾기" : "Find a name";
  box.ariaLabel = box.placeholder = `${find}: hypot, nn.LSTM, scatter`;
  sums[0].before(box);

  // An element stays while any of its parts does.
  const keep = (element, parts, stays) => {
    const kept = [...parts].filter((part) => stays(part)).length > 0;
    element.hidden = !kept;
    return kept;
  };
  box.addEventListener("input", () => {
    const typed = box.value.trim().toLowerCase();
    for (const sum of sums) sum.hidden = typed !== "";
    for (const room of rooms) {
      const prefix = room.querySelector("h2").firstChild.textContent;
      const name = (code) =>
        keep(code.closest("a") ?? code, [code], () =>
          `${prefix}.${code.textContent}`.toLowerCase().includes(typed));
      const names = (block) => keep(block, block.querySelectorAll("code"), name);
      const table = (block) => keep(block, block.querySelectorAll("tbody tr"), names);
      keep(room, room.querySelectorAll(":scope > p:has(code), .table-wrapper"), (block) =>
        block.matches("p") ? names(block) : table(block));
    }
  });
});
