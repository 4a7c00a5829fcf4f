//! The instructor: pace, pause, scenario, fault, snapshot, rewind, debrief; what-if; and the wall.

import { expect, type Page, test } from "@playwright/test";
import type { Machine } from "../src/contract.ts";
import { ask, expectAccessible, picture, signIn } from "./person.ts";
import { Server } from "./server.ts";

let server: Server;
test.beforeAll(async () => {
  server = await Server.start();
});
test.afterAll(() => server.end());

async function time_s(page: Page): Promise<number> {
  const machines = (await ask(page, "GET", "/machines")) as Machine[];
  return machines.find((machine) => machine.id === "m1")?.live.time_s ?? 0;
}

test("time is stopped, warped, kept and taken back, a fault is injected, and the debrief says what would have been", async ({
  page,
}) => {
  test.setTimeout(240_000);
  await signIn(page, server.url, "Instructor");
  await page.goto(`${server.url}/#/machine/m1/instructor`);
  await page.getByRole("button", { name: "Stop time" }).click();
  await expect(page.getByRole("button", { name: "Let time go on" })).toBeVisible();
  await expect(page.getByText("TIME STANDS", { exact: true })).toBeVisible();
  const stood = await time_s(page);
  await page.waitForTimeout(1500);
  expect(await time_s(page)).toBe(stood);

  await page.getByLabel("Name of the snapshot").fill("before the vein");
  await page.getByRole("button", { name: "Keep" }).click();
  await expect(page.getByRole("button", { name: "Back to before the vein" })).toBeVisible();
  await page.getByRole("button", { name: "Let time go on" }).click();
  await page.getByRole("button", { name: "60×" }).click();
  await expect(page.getByText("60× TIME")).toBeVisible();

  await page.getByLabel(/Search among/).fill("vein_collapse");
  await page.getByLabel("Fault", { exact: true }).selectOption("vein_collapse");
  await page.getByLabel(/^Magnitude/).fill("0.95");
  await page.getByRole("button", { name: "Inject" }).click();
  await expect(page.getByRole("status").filter({ hasText: "Injected" })).toBeVisible();
  await expect(page.getByRole("region", { name: "Alarms" })).toContainText(/priority/, { timeout: 30_000 });

  const before = await time_s(page);
  await page.getByRole("button", { name: "Back to before the vein" }).click();
  await expect.poll(() => time_s(page)).toBeLessThan(before);

  await page.getByRole("button", { name: "Debrief", exact: true }).click();
  await expect(page.getByText("of 100", { exact: true })).toBeVisible({ timeout: 120_000 });
  await expect(page.getByText("What would have been otherwise")).toBeVisible();
  await expectAccessible(page);
  const csv = await page.evaluate(async () => (await fetch("/api/machines/m1/debrief?format=csv")).text());
  expect(csv.split("\n").length).toBeGreaterThan(2);
});

test("what if the inlet were slower", async ({ page }) => {
  test.setTimeout(180_000);
  await signIn(page, server.url, "Nurse");
  await page.goto(`${server.url}/#/machine/m1/what-if`);
  await page.getByLabel("To, mL/min").fill("40");
  await page.getByRole("button", { name: "Run it" }).click();
  const dose = page.getByRole("row", { name: /^dose/ });
  await expect(dose).toContainText(/\d/, { timeout: 120_000 });
  await expectAccessible(page);
});

test("on the wall the highest alarm is first", async ({ page }) => {
  await signIn(page, server.url, "Instructor");
  const machines = (await ask(page, "GET", "/machines")) as Machine[];
  const running = machines.filter((machine) => machine.live.run !== null).at(-1);
  expect(running).toBeTruthy();
  await ask(page, "POST", `/machines/${running?.id}/inject`, { fault: "air_bolus", magnitude: 2 });
  await page.goto(`${server.url}/#/wall`);
  const first = page.locator(".wall > li").first();
  await expect(first).toContainText("High priority alarm");
  await expect(first).toContainText(running?.label ?? "");
  await expectAccessible(page);
  await picture(page, "machines");
});

test("trends zoom by a drag and go back by a double click", async ({ page }) => {
  await signIn(page, server.url, "Nurse");
  await page.goto(`${server.url}/#/machine/m1/trends`);
  const over = page.locator(".trend-chart .u-over").first();
  await expect(over).toBeVisible();
  await page.waitForTimeout(1500);
  const ticks = () => page.getByText(/^At \d/).textContent();
  const box = await over.boundingBox();
  if (!box) throw new Error("the chart has no place");
  await page.mouse.move(box.x + box.width * 0.5, box.y + box.height / 2);
  await expect.poll(ticks).not.toContain("now");
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.7, box.y + box.height / 2, { steps: 5 });
  await page.mouse.up();
  await page.getByRole("button", { name: "Whole run" }).click();
  await page.mouse.dblclick(box.x + box.width * 0.5, box.y + box.height / 2);
});
