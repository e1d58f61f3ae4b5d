/** Lets one waiter sleep until something happens. A wake that finds nobody waiting counts for the next wait. */
export class Wake {
  #woken = false;
  #resolve: (() => void) | undefined;

  wake(): void {
    if (this.#resolve === undefined) this.#woken = true;
    else this.#resolve();
  }

  /** Resolves at the next wake, or after `ms` where given. */
  async wait(ms?: number): Promise<void> {
    if (!this.#woken) {
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.#resolve = resolve;
        if (ms !== undefined) timer = setTimeout(resolve, ms);
      });
      clearTimeout(timer);
      this.#resolve = undefined;
    }
    this.#woken = false;
  }
}
