using System.Diagnostics.Metrics;
using Hub.Server.Storage.Telemetry;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hub.Tests.Support;

/// <summary>Makes SQLite logs for tests.</summary>
internal static class TelemetryLogs
{
    public static SqliteMessageLog Open(string directory, int partitions = 2, TimeProvider? time = null, TelemetryDamage? damage = null,
        TimeSpan? segmentSpan = null, long segmentBytes = 1L << 30, int blockBytes = 4 << 20, ILogger<SqliteMessageLog>? logger = null) =>
        new(
            new TelemetryLogOptions(directory, partitions, segmentSpan ?? TimeSpan.FromHours(1), segmentBytes, blockBytes),
            damage ?? Damage(), time ?? TimeProvider.System, logger ?? NullLogger<SqliteMessageLog>.Instance);

    public static TelemetryDamage Damage(ILogger<TelemetryDamage>? logger = null) => new(new PlainMeterFactory(), logger ?? NullLogger<TelemetryDamage>.Instance);

    private sealed class PlainMeterFactory : IMeterFactory
    {
        public Meter Create(MeterOptions options) => new(options);

        public void Dispose()
        {
        }
    }
}
