using System.Text;
using Hub.Server.Messaging.DeviceToCloud;
using Xunit;

namespace Hub.Tests.Support;

/// <summary>Reads whole logs.</summary>
internal static class StoredMessages
{
    /// <summary>Reads all that a log holds into the ledger; the first number that is left out, or null.</summary>
    public static async Task<long?> ReadAsync(IMessageLog log, AckLedger ledger)
    {
        for (var partition = 0; partition < log.PartitionCount; partition++)
        {
            var next = 0L;
            await foreach (var chunk in log.ReadAsync(partition, 0, TestContext.Current.CancellationToken))
            {
                foreach (var message in chunk)
                {
                    if (message.SequenceNumber != next)
                        return next;
                    next++;
                    ledger.Observe(message.Sender.DeviceId.Value, Encoding.UTF8.GetString(message.Message.Body.Span));
                }
            }
        }

        return null;
    }
}
