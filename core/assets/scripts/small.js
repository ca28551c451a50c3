// Small helps: menus that close, printing, copying.

/** Menus close on Escape, on a click elsewhere, and when the focus leaves them. */
function closeMenus(except) {
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (!except || !menu.contains(except)) menu.open = false;
  }
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.activeElement?.closest("details[data-menu][open]");
  closeMenus();
  menu?.querySelector("summary").focus();
});
document.addEventListener("focusin", (event) => closeMenus(event.target));

async function copy(button) {
  const source = document.querySelector(button.dataset.copy);
  await navigator.clipboard.writeText((source.value ?? source.innerText).trim());
  let said = button.nextElementSibling;
  if (!said?.matches(".copied")) {
    said = document.createElement("span");
    said.className = "copied";
    said.setAttribute("role", "status");
    button.after(said);
  }
  said.textContent = button.dataset.copied;
}

document.addEventListener("click", (event) => {
  closeMenus(event.target);
  const button = event.target.closest("[data-print], [data-copy]");
  if (button?.matches("[data-print]")) window.print();
  else if (button) copy(button);
});
