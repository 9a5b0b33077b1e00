// Receives messages with the unmodified Azure IoT device client over HTTPS, settles each as its body says (complete, reject or abandon, the
// last once only), and prints what came as one line of JSON once there are enough.
// Arguments: the device connection string; how many messages.
'use strict';
const { Client } = require('azure-iot-device');
const { Http } = require('azure-iot-device-http');

async function main(connectionString, count) {
  const client = Client.fromConnectionString(connectionString, Http);
  const received = [];
  await new Promise((resolve, reject) => {
    client.on('error', reject);
    client.on('message', (message) => {
      const body = message.getData().toString();
      const again = received.some((other) => other.messageId === message.messageId);
      received.push({ body, messageId: message.messageId, properties: message.properties.propertyList.map((property) => [property.key, property.value]) });
      const settle = body === 'reject' ? client.reject : body === 'abandon' && !again ? client.abandon : client.complete;
      settle.call(client, message, (error) => (error ? reject(error) : received.length === count && resolve()));
    });
  });
  return received;
}

main(process.argv[2], Number(process.argv[3])).then(
  (received) => { console.log(JSON.stringify(received)); process.exit(0); },
  (error) => { console.error(error); process.exit(1); });
