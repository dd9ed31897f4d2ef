// The navigation folds to its icons; the choice is a cookie for the same reason as the theme.
const YEAR_IN_SECONDS = 31_536_000;

export function rememberSidebar(): void {
  document.addEventListener("click", (event) => {
    const button = (event.target as Element).closest("[data-fold-sidebar]");
    if (!button) return;
    const folded = document.documentElement.toggleAttribute("data-folded");
    button.setAttribute("aria-expanded", String(!folded));
    document.cookie = `folded=${folded ? 1 : 0}; path=/; max-age=${YEAR_IN_SECONDS}; samesite=lax`;
  });
}
