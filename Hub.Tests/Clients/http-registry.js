// Manages devices with the unmodified service client, and prints what it saw as one line of JSON.
// Arguments: the service connection string.
'use strict';

const { Registry } = require('azure-iothub');

const registry = Registry.fromConnectionString(process.argv[2]);
const seen = {};

async function failure(action) {
  try {
    await action();
    return 'none';
  } catch (error) {
    return error.constructor.name;
  }
}

async function main() {
  // One device.
  const created = (await registry.create({ deviceId: 'one', status: 'enabled' })).responseBody;
  seen.created = created.deviceId;
  seen.keyBytes = Buffer.from(created.authentication.symmetricKey.primaryKey, 'base64').length;
  seen.createdTwice = await failure(() => registry.create({ deviceId: 'one' }));

  const got = (await registry.get('one')).responseBody;
  seen.sameKeys = got.authentication.symmetricKey.primaryKey === created.authentication.symmetricKey.primaryKey;
  seen.getUnknown = await failure(() => registry.get('none'));

  // A single update is always forced by this client; by etag it changes many, here one, with the right etag and with a stale one.
  const byETag = { ...got, status: 'disabled', statusReason: 'by its etag' };
  seen.byETag = (await registry.updateDevices([byETag], false)).responseBody.isSuccessful;
  const updated = (await registry.get('one')).responseBody;
  seen.updated = [updated.status, updated.statusReason, updated.etag !== got.etag];
  seen.stale = await failure(() => registry.updateDevices([{ ...byETag, status: 'enabled' }], false));
  seen.still = (await registry.get('one')).responseBody.status;
  seen.forced = (await registry.update({ ...updated, status: 'enabled' })).responseBody.status;
  seen.keysKept = (await registry.get('one')).responseBody.authentication.symmetricKey.primaryKey === created.authentication.symmetricKey.primaryKey;

  // Many at once.
  const bulk = ['b1', 'b2', 'b3'].map((deviceId) => ({ deviceId, status: 'enabled' }));
  seen.added = (await registry.addDevices(bulk)).responseBody.isSuccessful;
  const list = (await registry.list()).responseBody;
  seen.listed = list.map((device) => device.deviceId).sort();
  const disabled = list.filter((device) => device.deviceId.startsWith('b')).map((device) => ({ ...device, status: 'disabled' }));
  seen.updatedMany = (await registry.updateDevices(disabled, true)).responseBody.isSuccessful;
  seen.addedTwice = await registry.addDevices([{ deviceId: 'b1' }, { deviceId: 'b4' }])
    .then((result) => result.responseBody.isSuccessful, (error) => error.constructor.name);
  seen.statistics = (await registry.getRegistryStatistics()).responseBody;

  const query = registry.createQuery('SELECT * FROM devices', 2);
  seen.queried = [];
  while (query.hasMoreResults) {
    seen.queried.push(...(await query.nextAsTwin()).result.map((twin) => twin.deviceId));
  }

  seen.removedMany = (await registry.removeDevices([...disabled, { deviceId: 'b4' }], true)).responseBody.isSuccessful;
  await registry.delete('one');
  seen.twin = await registry.getTwin('one').then(() => 'none', (error) => error.message);
  seen.left = (await registry.list()).responseBody.length;
  console.log(JSON.stringify(seen));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
