// <form x-data="selection">: checkboxes named "id" in rows, one [data-select-all], and a bar with
// x-bind="bar" that slides in; x-text="count" is the number chosen. Shift chooses a range.
interface Selection {
  count: number;
  last: HTMLInputElement | null;
  $root: HTMLElement;
  update(): void;
}

function boxes(root: HTMLElement): HTMLInputElement[] {
  return [...root.querySelectorAll<HTMLInputElement>("input[type=checkbox][name=id]")];
}

function chooseRange(all: HTMLInputElement[], from: HTMLInputElement, to: HTMLInputElement): void {
  const ends = [all.indexOf(from), all.indexOf(to)].sort((a, b) => a - b);
  for (const box of all.slice(ends[0], (ends[1] ?? 0) + 1)) box.checked = to.checked;
}

export function selection(): object {
  return {
    count: 0,
    last: null,
    init(this: Selection) {
      this.$root.addEventListener("click", (event) => {
        const box = event.target as HTMLInputElement;
        const all = boxes(this.$root);
        if (box.matches("[data-select-all]")) {
          for (const other of all) other.checked = box.checked;
        } else if (!all.includes(box)) {
          return;
        } else if ((event as MouseEvent).shiftKey && this.last && all.includes(this.last)) {
          chooseRange(all, this.last, box);
        }
        this.last = box;
        this.update();
      });
    },
    update(this: Selection) {
      const all = boxes(this.$root);
      this.count = all.filter((box) => box.checked).length;
      const whole = this.$root.querySelector<HTMLInputElement>("[data-select-all]");
      if (!whole) return;
      whole.checked = all.length > 0 && this.count === all.length;
      whole.indeterminate = this.count > 0 && this.count < all.length;
    },
    bar: {
      "x-bind:hidden"(this: Selection) {
        return this.count === 0;
      },
    },
  };
}
