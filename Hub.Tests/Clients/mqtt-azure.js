// The unmodified Azure IoT device client over MQTT: node mqtt-azure.js <tls|ws> <connection string>
'use strict';
const { Client, Message } = require('azure-iot-device');
const { Mqtt, MqttWs } = require('azure-iot-device-mqtt');

async function main(transport, connectionString) {
  const seen = {};
  const client = Client.fromConnectionString(connectionString, transport === 'ws' ? MqttWs : Mqtt);
  client.on('error', (error) => { seen.error = error.message; });
  await client.open();

  const message = new Message(JSON.stringify({ temperature: 20.5 }));
  message.messageId = 'm-1';
  message.contentType = 'application/json';
  message.contentEncoding = 'utf-8';
  message.properties.add('level', 'storm & rain/€');
  await client.sendEvent(message);
  for (let i = 0; i < 5; i++) {
    await client.sendEvent(new Message(`event ${i}`));
  }

  try {
    await client.sendEventBatch([new Message('never')]);
    seen.batch = 'taken';
  } catch (error) {
    seen.batch = error.name;
  }

  // The hub has no twins yet: the client gets an answer that says so, and does not hang.
  try {
    await client.getTwin();
    seen.twin = 'got';
  } catch (error) {
    seen.twin = error.message;
  }

  client.onDeviceMethod('reboot', () => {});
  await client.sendEvent(new Message('after twin and methods'));
  await client.close();
  return seen;
}

main(process.argv[2], process.argv[3]).then(
  (seen) => { console.log(JSON.stringify(seen)); process.exit(0); },
  (error) => { console.error(error); process.exit(1); });
