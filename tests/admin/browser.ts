import assert from "node:assert/strict";
import axe from "axe-core";
import {
  type Browser,
  type BrowserContext,
  chromium,
  type Page,
} from "playwright-core";
import { chromiumProgram } from "../e2e/programs.ts";

/** How long a state of the page is waited for, however busy the machine (ms). */
const PATIENCE = 20_000;

/** A browser with a page, whose faults are collected. */
export class TestBrowser {
  readonly page: Page;
  /** Messages of the console and errors of scripts; a test wants none. */
  readonly faults: string[] = [];
  /** Paths of requests, in their order. */
  readonly requests: string[] = [];
  readonly #browser: Browser;
  readonly #context: BrowserContext;

  private constructor(browser: Browser, context: BrowserContext, page: Page) {
    this.#browser = browser;
    this.#context = context;
    this.page = page;
    page.on("console", (message) => {
      const type = message.type();
      if (type === "error" || type === "warning") {
        this.faults.push(`${type}: ${message.text()}`);
      }
    });
    page.on("pageerror", (error) => this.faults.push(String(error)));
    page.on("request", (request) => {
      this.requests.push(new URL(request.url()).pathname);
    });
  }

  /** Starts Chromium; all of it is in a folder of its own. */
  static async start(): Promise<TestBrowser> {
    const browser = await chromium.launch({
      executablePath: chromiumProgram.command,
      // Root has no sandbox; containers have a small /dev/shm.
      args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
      timeout: 60_000,
    });
    const context = await browser.newContext({
      viewport: { width: 1280, height: 900 },
      colorScheme: "light",
      // Colors are right only where nothing moves.
      reducedMotion: "reduce",
    });
    context.setDefaultTimeout(PATIENCE);
    return new TestBrowser(browser, context, await context.newPage());
  }

  /** Fails for what axe-core finds on the shown page. */
  async checkAccess(what: string): Promise<void> {
    await this.#check(what, {});
  }

  /** The same for its colors alone, the part that a theme changes. */
  async checkContrast(what: string): Promise<void> {
    await this.#check(what, { runOnly: ["color-contrast"] });
  }

  async #check(what: string, options: object): Promise<void> {
    const isLoaded = await this.page.evaluate("'axe' in globalThis");
    // The page's own rules for scripts do not bind the debugger.
    if (!isLoaded) await this.page.evaluate(axe.source);
    const found = await this.page.evaluate(async (options) => {
      // deno-lint-ignore no-explicit-any
      const { violations } = await (globalThis as any).axe.run(options);
      // deno-lint-ignore no-explicit-any
      return violations.map(({ id, nodes }: any) =>
        `${id}: ${nodes[0].html} ${nodes[0].failureSummary}`
      );
    }, options);
    assert.deepEqual(found, [], what);
  }

  /** Ends it. */
  async close(): Promise<void> {
    await this.#context.close();
    await this.#browser.close();
  }
}
