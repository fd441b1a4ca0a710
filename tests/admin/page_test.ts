import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { chromiumProgram, testWith } from "../e2e/programs.ts";
import { until } from "../support/wait.ts";
import { AdminBroker, type AdminCaller } from "./admin_broker.ts";
import { TestBrowser } from "./browser.ts";

/** A broker with clients, retained messages, and a browser that is logged in. */
class Scene {
  readonly broker: AdminBroker;
  readonly browser: TestBrowser;
  readonly page: Page;

  constructor(broker: AdminBroker, browser: TestBrowser) {
    this.broker = broker;
    this.browser = browser;
    this.page = browser.page;
  }

  /** Presses a button of the page, or of the drawer where one is open. */
  async press(name: string): Promise<void> {
    await this.page.getByRole("button", { name, exact: true }).click();
  }

  /** Waits until the page shows a text. */
  async sees(text: string | RegExp): Promise<void> {
    await this.page.getByText(text).first().waitFor();
  }

  /** Opens a page by the menu; checks it in both themes. */
  async open(name: string): Promise<void> {
    const menu = this.page.getByRole("navigation", { name: "Pages" });
    await menu.getByRole("link", { name, exact: true }).click();
    const title = this.page.getByRole("heading", { name, level: 1 });
    await title.waitFor();
    await until(
      "the title has the focus",
      () => title.evaluate((one) => one === one.ownerDocument.activeElement),
    );
  }

  /** Checks what is shown in both themes. */
  async check(what: string): Promise<void> {
    await this.browser.checkAccess(`${what}, light`);
    await this.press("Dark");
    await this.browser.checkContrast(`${what}, dark`);
    await this.press("Light");
  }

  /** Does `act`, which Chromium reports as failed with this status. */
  async failing(status: number, act: () => Promise<void>): Promise<void> {
    const before = this.browser.faults.length;
    await act();
    const isTold = () => this.browser.faults.length > before;
    await until("Chromium's line about the status", isTold);
    const lines = this.browser.faults.splice(before);
    assert.deepEqual(lines.length, 1, lines.join("\n"));
    assert.match(lines[0], new RegExp(`status of ${status} `));
  }
}

async function fill(broker: AdminBroker, admin: AdminCaller): Promise<void> {
  const { test } = broker;
  for (const id of ["lamp", "meter", "x/ä <b>&"]) {
    const client = await test.connect(5, { clientId: id });
    await client.send(client.packets.subscribe(1, [["home/#", 1]]));
    await client.send(client.packets.subscribe(2, [["$share/g/jobs/#", 1]]));
  }
  const publish = (topic: string, payload: string) =>
    admin.send("api/v1/publish", {
      method: "POST",
      body: { topic, payload, retain: true },
    });
  await publish("home/kitchen/light", "on");
  await publish("home/kitchen/heat", "<img src=x>");
  await publish("home/cellar", "dry");
  await publish("old/1", "1");
  await publish("old/2", "2");
}

async function logIn(scene: Scene): Promise<void> {
  const { page, browser, broker: { url, first } } = scene;
  await page.goto(url);
  await page.getByLabel("User").waitFor();
  await browser.checkAccess("login");
  const enter = async (password: string) => {
    await page.getByLabel("User").fill(first.user);
    await page.getByLabel("Password").fill(password);
    await scene.press("Log in");
  };
  await scene.failing(401, async () => {
    await enter("wrong");
    await page.getByRole("alert").getByText("password").waitFor();
  });
  await enter(first.password);
  await page.getByRole("heading", { name: "Overview" }).waitFor();
}

async function overview(scene: Scene): Promise<void> {
  const { page, broker: { test } } = scene;
  const tile = (name: string) => page.locator(".tile", { hasText: name });
  const value = (name: string) => tile(name).locator(".value");
  // Figures come until the page has some: it may not follow them yet.
  await until("the first figures", async () => {
    await test.advance(1000);
    return await value("Running").count() === 1;
  });
  assert.equal(await page.locator(".tile").count(), 10);
  assert.equal(await value("Clients").innerText(), "3");
  assert.equal(await value("Subscriptions").innerText(), "6");
  assert.equal(await value("Messages retained").innerText(), "5");
  assert.equal(await page.locator(".plot canvas").count(), 4);
  await scene.check("overview");
  await test.connect(4, "late");
  await test.advance(1000);
  await value("Clients").getByText("4").waitFor();
  await scene.press("Pause");
  await test.connect(4, "later");
  await test.advance(1000);
  await scene.press("Go on");
  await until("figures after the pause", async () => {
    await test.advance(1000);
    return await value("Clients").innerText() === "5";
  });
  // The page has begun with one round of requests, and one for its data.
  assert.deepEqual(scene.browser.requests.slice(0, 3).sort(), [
    "/",
    "/page.css",
    "/page.js",
  ]);
}

async function clients(scene: Scene): Promise<void> {
  const { page } = scene;
  await scene.open("Clients");
  await scene.sees("5 in all, taken at");
  await scene.check("clients");
  const rows = page.locator("tbody tr");
  await page.getByLabel("Id, user or address has").fill("x/");
  await scene.press("Show");
  await scene.sees("1 in all");
  assert.match(await rows.innerText(), /x\/ä <b>&/);
  await scene.press("Clear");
  await scene.sees("5 in all");
  await scene.press("Subscriptions");
  const sorted = page.locator("th[aria-sort=descending]");
  await sorted.getByText("Subscriptions").waitFor();
  await scene.press("Refresh");
  await scene.press("lamp");
  const drawer = page.getByRole("dialog", { name: "Client lamp" });
  await drawer.getByText("home/#").waitFor();
  await scene.browser.checkAccess("client");
  await drawer.getByLabel("Topic").fill("garden/1");
  await scene.press("Explain");
  await drawer.getByText("No subscription of it matches.").waitFor();
  await scene.press("Disconnect");
  await scene.press("Disconnect");
  await drawer.getByText("Client lamp is disconnected.").waitFor();
  await drawer.getByText("Its session has ended.").waitFor();
  await page.keyboard.press("Escape");
  await scene.sees("4 in all");
  await scene.press("meter");
  await scene.press("Delete session");
  await scene.press("Cancel");
  await scene.press("Delete session");
  await scene.press("Delete session");
  await scene.sees("The session of meter is deleted.");
  await scene.press("Close");
  await scene.sees("3 in all");
}

async function dropped(scene: Scene): Promise<void> {
  const { page, broker: { test } } = scene;
  await test.advance(1000);
  await scene.open("Dropped");
  await scene.sees("Counted from the start until");
  await until("the end of the client is counted", async () => {
    await test.advance(1000);
    await scene.press("Count again");
    return await page.getByText("An administrator disconnected").count() === 1;
  });
  await scene.sees("No client that is here has any.");
  await scene.check("dropped");
}

async function topics(scene: Scene): Promise<void> {
  const { page } = scene;
  await scene.open("Topics");
  await scene.press("home /");
  await scene.press("kitchen /");
  await scene.sees("<img src=x>");
  await scene.check("topics");
  await scene.press("on");
  const drawer = page.getByRole("dialog");
  await drawer.locator("pre", { hasText: "on" }).waitFor();
  await scene.browser.checkAccess("retained message");
  await scene.press("Delete");
  await scene.press("Delete");
  await scene.sees("The retained message of home/kitchen/light is deleted.");
  await scene.press("Close");
  await scene.sees("1 in all");
  await scene.press("all topics");
  await page.getByLabel("Topic", { exact: true }).fill("home/attic");
  await page.getByLabel("Payload", { exact: true }).fill("warm");
  await page.getByLabel("QoS").selectOption("1");
  await page.getByLabel("Retain", { exact: true }).check();
  await scene.press("Publish");
  await scene.sees("Published to home/attic: 1 subscription got it.");
  await scene.failing(400, async () => {
    await page.getByLabel("Topic", { exact: true }).fill("home/#");
    await scene.press("Publish");
    await page.getByRole("alert").locator(".notice").waitFor();
  });
  await bulkDeletion(scene);
}

async function bulkDeletion(scene: Scene): Promise<void> {
  const { page } = scene;
  await page.getByLabel("Topic filter").fill("old/#");
  await scene.press("Search");
  await scene.sees("old/2");
  await scene.press("Count for deletion");
  await scene.sees("old/#: 2 messages");
  await scene.press("Delete 2");
  await scene.browser.checkAccess("bulk deletion");
  await scene.press("Delete 2");
  await scene.sees("2 retained messages deleted.");
  await scene.sees("No retained message is like that.");
}

async function subscriptions(scene: Scene): Promise<void> {
  const { page } = scene;
  await scene.open("Subscriptions");
  await scene.sees("2 in all");
  await page.getByLabel("Kind").selectOption("true");
  await scene.press("Show");
  await until(
    "the shared ones",
    () =>
      page.getByRole("cell", { name: "home/#" }).count()
        .then((count) => count === 0),
  );
  await scene.check("subscriptions");
  await scene.press("g");
  await page.getByRole("dialog", { name: "Members of g" })
    .getByRole("link", { name: "x/ä <b>&" }).click();
  await page.getByRole("heading", { name: "Clients", level: 1 }).waitFor();
  await scene.sees("1 in all");
}

async function logs(scene: Scene): Promise<void> {
  const { page, broker: { test } } = scene;
  const write = (level: "warn" | "info", event: string) => {
    const json = JSON.stringify({ time: test.clock.date(), level, event });
    const facts = { time: 0, category: "storage", level, event, json } as const;
    test.onLogged!(facts);
  };
  write("warn", "earlier");
  await scene.open("Logs");
  await scene.sees("warn earlier");
  write("info", "live");
  const shows = async (text: string) => {
    await test.advance(1000);
    return await page.getByText(text).count() > 0;
  };
  await until("a live event", () => shows("info live"));
  await scene.check("logs");
  await scene.press("Pause");
  write("warn", "held");
  await until("an event waits", () => shows("1 newer event wait"));
  assert.equal(await page.getByText("warn held").count(), 0);
  await scene.press("Go on");
  await scene.sees("warn held");
  await page.getByLabel("Level, and worse").selectOption("warn");
  await scene.press("Show");
  await until(
    "info is left out",
    async () =>
      await page.getByText("info live").count() === 0 &&
      await page.getByText("warn earlier").count() === 1,
  );
}

async function phone(scene: Scene): Promise<void> {
  const { page } = scene;
  await page.setViewportSize({ width: 360, height: 740 });
  for (const name of ["Overview", "Clients", "Topics", "Logs"]) {
    await scene.open(name);
    const width = await page.evaluate("document.body.scrollWidth") as number;
    assert.ok(width <= 360, `${name} is ${width} wide`);
  }
}

async function logOut(scene: Scene): Promise<void> {
  const { page, broker } = scene;
  await scene.press("Log out");
  await scene.sees("You are logged out.");
  await page.goto(broker.url);
  await page.getByLabel("User").waitFor();
  await scene.failing(401, async () => {
    await page.goto(`${broker.url}login?link=used`);
    await scene.sees("The link does not log in");
  });
  await page.goto(`${broker.url}login?link=${broker.first.link}`);
  await page.getByRole("heading", { name: "Overview" }).waitFor();
}

const STEPS = {
  ...{ logIn, overview, clients, dropped, topics, subscriptions },
  ...{ logs, phone, logOut },
};

testWith(
  [chromiumProgram],
  "admin page: a browser uses every page and every action, in both themes",
  async (t) => {
    const broker = await AdminBroker.start();
    const browser = await TestBrowser.start();
    try {
      await fill(broker, await broker.logIn());
      const scene = new Scene(broker, browser);
      for (const [name, step] of Object.entries(STEPS)) {
        const isDone = await t.step(name, () => step(scene));
        // What follows needs what it has left.
        if (!isDone) break;
      }
      assert.deepEqual(browser.faults, []);
    } finally {
      await browser.close();
      await broker.stop();
    }
  },
);
