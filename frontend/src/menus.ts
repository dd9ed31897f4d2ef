// <details class="menu"> works without this; here it also closes by Esc, by a click elsewhere and
// when something in it was chosen.
function openMenus(): HTMLDetailsElement[] {
  return [...document.querySelectorAll<HTMLDetailsElement>("details.menu[open]")];
}

export function closeMenus(): void {
  document.addEventListener("click", (event) => {
    const target = event.target as Element;
    const chosen = target.closest("a, .menu-item:not(.menu-refused)");
    for (const menu of openMenus()) {
      if (!menu.contains(target) || chosen) menu.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of openMenus()) {
      menu.open = false;
      menu.querySelector<HTMLElement>("summary")?.focus();
    }
  });
}
