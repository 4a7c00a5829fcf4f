//! Set-up by link, users, keyboard only, what a role may not do, and a server that goes away in the middle of a run.

import { expect, type Page, test } from "@playwright/test";
import { ask, expectAccessible, picture, signIn } from "./person.ts";
import { Server } from "./server.ts";

test("the first user is set up by the printed link, once, and adds a nurse", async ({ page }) => {
  const server = await Server.start(false);
  try {
    await page.goto(server.url);
    await expect(page.getByText("Nobody can sign in yet")).toBeVisible();
    const link = /#\/setup\?token=\S+/.exec(server.printed)?.[0];
    expect(link).toBeTruthy();
    await page.goto(`${server.url}/${link}`);
    await page.getByLabel("Name, as it is printed in records").fill("Ada Engineer");
    await page.getByLabel("Login").fill("ada");
    await page.getByLabel("Password, at least 12 characters").fill("correct horse battery");
    await page.getByLabel("Password again").fill("correct horse batterie");
    await page.getByRole("button", { name: "Begin" }).click();
    await expect(page.getByRole("alert")).toHaveText("The two passwords differ.");
    await page.getByLabel("Password again").fill("correct horse battery");
    await expectAccessible(page);
    await page.getByRole("button", { name: "Begin" }).click();
    await expect(page.getByRole("heading", { name: "Users" })).toBeVisible();
    await page.getByRole("button", { name: "New user" }).click();
    await page.getByLabel("Name, as it is printed in records").fill("Nora Nurse");
    await page.getByLabel("Login").fill("nora");
    await page.getByLabel("Role").selectOption("nurse");
    await page.getByLabel("Password, at least 12 characters").fill("a long enough secret");
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByRole("row", { name: /Nora Nurse/ })).toContainText("Nurse");
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.goto("about:blank");
    await page.goto(`${server.url}/${link}`);
    await page.getByLabel("Name, as it is printed in records").fill("Eve");
    await page.getByLabel("Login").fill("eve");
    await page.getByLabel("Password, at least 12 characters").fill("correct horse battery");
    await page.getByLabel("Password again").fill("correct horse battery");
    await page.getByRole("button", { name: "Begin" }).click();
    await expect(page.getByRole("alert")).toBeVisible();
  } finally {
    await server.end();
  }
});

/** Presses Tab until the focus is on what has this name, and sees on the way that the focus shows. */
async function tabTo(page: Page, name: RegExp): Promise<void> {
  for (let n = 0; n < 60; n += 1) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(() => {
      const element = document.activeElement as HTMLElement | null;
      const label = (element as HTMLInputElement | null)?.labels?.[0]?.textContent;
      const style = element ? getComputedStyle(element) : null;
      return { name: label ?? element?.textContent ?? "", outline: style ? Number.parseFloat(style.outlineWidth) : 0 };
    });
    if (name.test(at.name.trim())) {
      expect(at.outline, `the focus on "${at.name}" shows`).toBeGreaterThanOrEqual(2);
      return;
    }
  }
  throw new Error(`Tab does not lead to ${name}`);
}

test("by keyboard alone: sign in, choose a machine, report a symptom, leave a dialog, sign out", async ({ page }) => {
  const server = await Server.start();
  try {
    await page.goto(server.url);
    await expect(page.getByRole("heading", { name: "Bedside console" })).toBeVisible();
    await tabTo(page, /^Login$/);
    await page.keyboard.type("nurse");
    await tabTo(page, /^Password$/);
    await page.keyboard.type("demo");
    await page.keyboard.press("Enter");
    await expect(page.getByRole("heading", { name: "Machines" })).toBeVisible();
    await expect(page.getByRole("heading", { name: "Bed 1", exact: true })).toBeVisible();
    await tabTo(page, /Bed 1\d+:/);
    await page.keyboard.press("Enter");
    await expect(page.getByRole("navigation", { name: "Views" })).toBeVisible();
    await tabTo(page, /^Symptom$/);
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog");
    await expect(dialog).toBeVisible();
    await page.keyboard.press("Escape");
    await expect(dialog).toHaveCount(0);
    // The focus is back where it was.
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Symptom");
    await tabTo(page, /^Sign out$/);
    await page.keyboard.press("Enter");
    await expect(page.getByRole("heading", { name: "Bedside console" })).toBeVisible();
  } finally {
    await server.end();
  }
});

test("a laboratory user cannot pause, and the instructor's panel is for instructors", async ({ page }) => {
  const server = await Server.start();
  try {
    await signIn(page, server.url, "Laboratory");
    await page.goto(`${server.url}/#/machine/m1/run`);
    await expect(page.getByText("Dose in the bag")).toBeVisible();
    await expect(page.getByRole("button", { name: "Pause", exact: true })).toHaveCount(0);
    await expect(page.getByRole("link", { name: "Instructor" })).toHaveCount(0);
    await expect(ask(page, "POST", "/machines/m1/actions", { action: "Pause", why: "no" })).rejects.toThrow(/403/);
    await expect(ask(page, "POST", "/machines/m1/pace", { warp: 200 })).rejects.toThrow(/403/);
  } finally {
    await server.end();
  }
});

test("the server dies in the middle of a run: the page says so, and takes up again where the run is", async ({
  page,
}) => {
  test.setTimeout(150_000);
  const server = await Server.start();
  try {
    await signIn(page, server.url, "Nurse");
    await page.goto(`${server.url}/#/machine/m1/run`);
    await expect(page.getByText("Dose in the bag")).toBeVisible();
    const run = async () => {
      const machines = (await ask(page, "GET", "/machines")) as {
        id: string;
        live: { time_s: number; run: { id: string } | null };
      }[];
      const live = machines.find((machine) => machine.id === "m1")?.live;
      return { time_s: live?.time_s ?? 0, id: live?.run?.id };
    };
    const before = await run();
    await server.kill();
    await expect(page.getByText("Disconnected from the server.")).toBeVisible();
    await expect(page.getByText(/Values are \d+ s old/)).toBeVisible();
    const struck = await page
      .locator(".hero .live-value")
      .first()
      .evaluate((value) => getComputedStyle(value).textDecorationLine);
    expect(struck).toBe("line-through");
    await picture(page, "disconnected");
    await server.begin();
    // Sessions that outlive the server go on at once; else the page asks who is there.
    const gone = page.getByText("Disconnected from the server.");
    const door = page.getByRole("heading", { name: "Bedside console" });
    await expect(async () => {
      expect((await door.isVisible()) || !(await gone.isVisible())).toBe(true);
    }).toPass();
    if (await door.isVisible()) await signIn(page, server.url, "Nurse");
    await page.goto(`${server.url}/#/machine/m1/run`);
    await expect(page.getByText("Dose in the bag")).toBeVisible();
    const after = await run();
    expect(after.id).toBe(before.id);
    // The demo goes ten times as fast; what nobody waits for goes to the disk every second.
    expect(after.time_s).toBeGreaterThanOrEqual(before.time_s - 20);
  } finally {
    await server.end();
  }
});
