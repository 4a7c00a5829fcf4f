//! Alarms, seen and heard.

import { expect, test } from "@playwright/test";
import type { Live, Machine, Priority } from "../src/contract.ts";
import { ask, expectAccessible, picture, signIn } from "./person.ts";
import { Server } from "./server.ts";
import { hear, listen } from "./sound.ts";

let server: Server;
test.beforeAll(async () => {
  server = await Server.start();
});
test.afterAll(() => server.end());

const RULES = {
  high: { pulses: 10, length: [0.075, 0.2], spacing: [0.05, 0.125] },
  medium: { pulses: 3, length: [0.125, 0.25], spacing: [0.125, 0.25] },
  low: { pulses: 2, length: [0.125, 0.25], spacing: [0.125, 0.25] },
} as const;

test("air in the return line is seen by shape, word and colour, heard as ten pulses, paused, and stays in the log", async ({
  page,
}) => {
  await listen(page);
  await signIn(page, server.url, "Instructor");
  await page.getByRole("link", { name: /Bed 1\b/ }).click();
  await ask(page, "POST", "/machines/m1/pace", { warp: 1 });
  await ask(page, "POST", "/machines/m1/inject", { fault: "air_bolus", magnitude: 2 });
  const bar = page.getByRole("region", { name: "Alarms" });
  await expect(bar).toContainText("High priority");
  await expect(bar.locator(".sign path").first()).toHaveAttribute("d", /^M8 1h8l7 7/);
  await expect(
    page
      .locator("[role=alert]")
      .filter({ hasText: /High priority alarm: / })
      .first(),
  ).toBeAttached();
  const flash = await bar
    .locator(".sign")
    .evaluate((sign) => Number.parseFloat(getComputedStyle(sign).animationDuration));
  expect(1 / flash).toBeGreaterThanOrEqual(1.4);
  expect(1 / flash).toBeLessThanOrEqual(2.8);
  const sound = await playing(page);
  expect(sound?.priority).toBe("high");
  await expectHeard(page, "high", sound?.fundamental_hz ?? 0);
  await picture(page, "alarm");
  await expectAccessible(page);

  await bar.getByRole("button", { name: "Pause sound" }).click();
  await expect(bar.getByRole("timer")).toContainText(/Sound paused 0:0[12]:/);
  expect(await playing(page)).toBeNull();
  await bar.getByRole("button", { name: "History" }).click();
  await expect(page.getByRole("dialog")).toContainText("not yet");
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
});

/** What the server says should sound now. */
async function playing(page: import("@playwright/test").Page): Promise<Live["alarms"]["sound"]> {
  const machines = (await ask(page, "GET", "/machines")) as Machine[];
  return machines.find((machine) => machine.id === "m1")?.live.alarms.sound ?? null;
}

/** The page's own sound, rendered: pulses, lengths, spacing, harmonics. */
async function expectHeard(page: import("@playwright/test").Page, priority: Priority, fundamental_hz: number) {
  const rule = RULES[priority];
  await page.waitForTimeout(600);
  const heard = await hear(page, fundamental_hz);
  expect(heard.pulses).toHaveLength(rule.pulses);
  expect(heard.peak).toBeLessThanOrEqual(1);
  // Half height is reached within the ramps, so a pulse looks up to two ramps shorter.
  for (const [begin, end] of heard.pulses) {
    expect(end - begin).toBeGreaterThanOrEqual(rule.length[0] - 0.01);
    expect(end - begin).toBeLessThanOrEqual(rule.length[1] + 0.01);
  }
  const gaps = heard.pulses.slice(1).map(([begin], n) => begin - (heard.pulses[n]?.[1] ?? 0));
  const odd = gaps.filter((gap) => gap < rule.spacing[0] - 0.01 || gap > rule.spacing[1] + 0.03);
  if (priority === "high") {
    // One place is left out in each half burst, and one gap parts the halves.
    expect(odd).toHaveLength(3);
    expect(odd[1]).toBeGreaterThanOrEqual(0.35);
    expect(odd[1]).toBeLessThanOrEqual(1.3);
  } else expect(odd).toEqual([]);
  // 15 dB are a factor of 5.6; four harmonics between 300 and 4000 Hz stay within.
  const audible = heard.harmonics.filter(
    (part, n) => part * 5.6 > 1 && (n + 1) * fundamental_hz >= 300 && (n + 1) * fundamental_hz <= 4000,
  );
  expect(audible.length).toBeGreaterThanOrEqual(4);
}

test("each priority's sound is as the alarm model says", async ({ page }) => {
  await signIn(page, server.url, "Instructor");
  const sounds = await page.evaluate(
    () =>
      new Promise<Record<Priority, { fundamental_hz: number; repeats_s: number; pulses_s: number[] }>>((resolve) => {
        const socket = new WebSocket(`ws://${location.host}/api/live?machine=m1`);
        socket.onmessage = (message) => {
          const said = typeof message.data === "string" ? JSON.parse(message.data) : null;
          if (said?.type === "hello") {
            socket.close();
            resolve(said.sounds);
          }
        };
      }),
  );
  expect(sounds.high.pulses_s).toHaveLength(10);
  expect(sounds.medium.pulses_s).toHaveLength(3);
  expect([1, 2]).toContain(sounds.low.pulses_s.length);
  expect(sounds.high.repeats_s).toBeGreaterThanOrEqual(2.5);
  expect(sounds.high.repeats_s).toBeLessThanOrEqual(15);
  expect(sounds.medium.repeats_s).toBeLessThanOrEqual(30);
  expect(sounds.low.repeats_s).toBeGreaterThan(15);
  for (const sound of Object.values(sounds)) {
    expect(sound.fundamental_hz).toBeGreaterThanOrEqual(150);
    expect(sound.fundamental_hz).toBeLessThanOrEqual(1000);
  }
});
