// The Azure IoT device client with a token of its own that is renewed: node mqtt-azure-renew.js <first token> <second token>
'use strict';
const { Client, Message } = require('azure-iot-device');
const { Mqtt } = require('azure-iot-device-mqtt');

async function main(first, second) {
  const client = Client.fromSharedAccessSignature(first, Mqtt);
  const seen = { disconnects: 0 };
  client.on('disconnect', () => { seen.disconnects++; });
  await client.open();
  await client.sendEvent(new Message('with the first token'));
  const renewed = await client.updateSharedAccessSignature(second);
  seen.renewed = renewed && renewed.constructor.name;
  await client.sendEvent(new Message('with the second token'));
  await client.close();
  return seen;
}

main(process.argv[2], process.argv[3]).then(
  (seen) => { console.log(JSON.stringify(seen)); process.exit(0); },
  (error) => { console.error(error); process.exit(1); });
