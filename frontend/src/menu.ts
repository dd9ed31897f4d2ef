// <div x-data="menu"> <button x-bind="opener">…</button> <div x-bind="panel">…</div> </div>
interface Menu {
  open: boolean;
  $root: HTMLElement;
}

export function menu(): object {
  return {
    open: false,
    init(this: Menu) {
      document.addEventListener("click", (event) => {
        if (!this.$root.contains(event.target as Node)) this.open = false;
      });
    },
    opener: {
      "x-on:click"(this: Menu) {
        this.open = !this.open;
      },
      "x-bind:aria-expanded"(this: Menu) {
        return String(this.open);
      },
    },
    panel: {
      "x-bind:class"(this: Menu) {
        return { show: this.open };
      },
      "x-on:keydown.escape.window"(this: Menu) {
        if (!this.open) return;
        this.open = false;
        this.$root.querySelector<HTMLElement>("button")?.focus();
      },
    },
  };
}
