// The three strategies on real conflicts: seen when pulling, and seen when pushing (412).

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  ADAPTERS,
  CLIENT_WINS,
  MANUAL,
  PULL_ONLY,
  SERVER_WINS,
  device,
  freshBucket,
  remoteTasks,
  titles,
} from "./support.mjs";

for (const [kind, adapter] of Object.entries(ADAPTERS)) {
  describe(`conflicts, local database ${kind}`, () => {
    /** One record known to both devices, then edited by both: the phone has published first. */
    async function bothEdited() {
      const bucket = await freshBucket();
      const phone = device(bucket, { adapter });
      const laptop = device(bucket, { adapter });
      const { id } = (await phone.create({ title: "original" })).data;
      await phone.sync();
      await laptop.sync();
      await phone.update({ ...(await phone.get(id)).data, title: "by phone" });
      await laptop.update({ ...(await laptop.get(id)).data, title: "by laptop" });
      await phone.sync();
      return { id, phone, laptop, server: remoteTasks(bucket) };
    }

    /** As above, but the other edit arrives between the laptop's pull and its push. */
    async function editedWhilePushing() {
      const bucket = await freshBucket();
      const server = remoteTasks(bucket);
      let meddle = async () => {};
      const hooks = {
        "incoming-changes": [async (payload) => (await meddle(), payload)],
      };
      const phone = device(bucket, { adapter });
      const laptop = device(bucket, { adapter, hooks });
      const { id } = (await phone.create({ title: "original" })).data;
      await phone.sync();
      await laptop.sync();
      await laptop.update({ ...(await laptop.get(id)).data, title: "by laptop" });
      meddle = async () => {
        meddle = async () => {};
        await server.updateRecord({ id, title: "by phone" });
      };
      return { id, phone, laptop, server };
    }

    for (const [moment, prepare] of Object.entries({
      "when pulling": bothEdited,
      "when pushing": editedWhilePushing,
    })) {
      it(`MANUAL reports the conflict met ${moment} and publishes what the user chose`, async () => {
        const { id, phone, laptop, server } = await prepare();
        const result = await laptop.sync({ strategy: MANUAL });
        assert.equal(result.ok, false);
        assert.equal(result.conflicts.length, 1);
        const [conflict] = result.conflicts;
        assert.equal(conflict.local.title, "by laptop");
        assert.equal(conflict.remote.title, "by phone");
        assert.deepEqual(await titles(server), { [id]: "by phone" });

        await laptop.resolve(conflict, { ...conflict.local, title: "by both" });
        const second = await laptop.sync({ strategy: MANUAL });
        assert.deepEqual([second.ok, second.published.length], [true, 1]);
        await phone.sync();
        for (const each of [phone, laptop, server]) {
          assert.deepEqual(await titles(each), { [id]: "by both" });
        }
      });

      it(`SERVER_WINS keeps the published text for a conflict met ${moment}`, async () => {
        const { id, phone, laptop, server } = await prepare();
        const result = await laptop.sync({ strategy: SERVER_WINS });
        assert.deepEqual([result.ok, result.resolved.length], [true, 1]);
        await phone.sync();
        for (const each of [phone, laptop, server]) {
          assert.deepEqual(await titles(each), { [id]: "by phone" });
        }
      });

      it(`CLIENT_WINS publishes the local text for a conflict met ${moment}`, async () => {
        const { id, phone, laptop, server } = await prepare();
        const result = await laptop.sync({ strategy: CLIENT_WINS });
        assert.deepEqual([result.ok, result.resolved.length], [true, 1]);
        await phone.sync();
        for (const each of [phone, laptop, server]) {
          assert.deepEqual(await titles(each), { [id]: "by laptop" });
        }
      });
    }

    it("the same id made on both devices is a conflict, not an overwrite", async () => {
      const bucket = await freshBucket();
      const [phone, laptop] = [device(bucket, { adapter }), device(bucket, { adapter })];
      const { id } = (await phone.create({ title: "phone's" })).data;
      await laptop.create({ id, title: "laptop's" }, { useRecordId: true });
      await phone.sync();
      const result = await laptop.sync();
      assert.equal(result.conflicts.length, 1);
      assert.deepEqual(await titles(remoteTasks(bucket)), { [id]: "phone's" });
    });

    it("deleted there, edited here: MANUAL reports it, SERVER_WINS deletes", async () => {
      for (const strategy of [MANUAL, SERVER_WINS]) {
        const bucket = await freshBucket();
        const [phone, laptop] = [device(bucket, { adapter }), device(bucket, { adapter })];
        const { id } = (await phone.create({ title: "original" })).data;
        await phone.sync();
        await laptop.sync();
        await phone.delete(id);
        await phone.sync();
        await laptop.update({ ...(await laptop.get(id)).data, title: "by laptop" });
        const result = await laptop.sync({ strategy });
        assert.equal(result.conflicts.length, strategy === MANUAL ? 1 : 0);
        assert.deepEqual(await titles(remoteTasks(bucket)), {});
      }
    });

    it("deleted here, edited there: the deletion is refused with 412 and reported", async () => {
      const { id, laptop, server } = await editedWhilePushing();
      await laptop.delete(id);
      const result = await laptop.sync({ strategy: MANUAL });
      assert.equal(result.conflicts.length, 1);
      assert.equal(result.conflicts[0].remote.title, "by phone");
      assert.deepEqual(await titles(server), { [id]: "by phone" });
    });

    it("PULL_ONLY takes the server's text and publishes nothing", async () => {
      const { id, laptop, server } = await bothEdited();
      const result = await laptop.sync({ strategy: PULL_ONLY });
      assert.equal(result.published.length, 0);
      assert.deepEqual(await titles(laptop), { [id]: "by phone" });
      assert.deepEqual(await titles(server), { [id]: "by phone" });
    });
  });
}
