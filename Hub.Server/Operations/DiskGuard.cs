using Hub.Server.Messaging;
using Hub.Server.Messaging.DeviceToCloud;
using Microsoft.Extensions.Options;

namespace Hub.Server.Operations;

/// <summary>
/// Stops ingest before the disk is full, gives up its ballast then, and lets ingest go on when three probes in a row reached the disk
/// and there is a fifth more room than the mark (promises.md 5.3). One; looks every second.
/// </summary>
internal sealed partial class DiskGuard(
    DiskSpace space, Ballast ballast, IngestGate gate, IMessageLog log, IOptions<StorageOptions> options, TimeProvider time, ILogger<DiskGuard> logger)
    : BackgroundService
{
    public const string Cause = "disk";
    internal const int ProbesToResume = 3;
    internal static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private const long LargestDefault = 256L * 1024 * 1024;

    private int _goodProbes;
    private bool _stopped;
    private long _givenUp;
    private string? _reported;

    /// <summary>Free space under which ingest stops, on a volume of the size given.</summary>
    public static long MarkOf(StorageOptions options, long total) =>
        ByteSize.TryParse(options.StopBelow, out var configured) ? configured : Math.Min(LargestDefault, total / 20);

    /// <summary>Looks once.</summary>
    internal async Task LookAsync(CancellationToken cancellationToken)
    {
        var (free, total) = space.Measure();
        var mark = MarkOf(options.Value, total);
        if (free < mark)
        {
            Stop(free, mark);
            return;
        }

        if (_stopped)
            await TryResumeAsync(free, mark, cancellationToken);
        // The ballast is taken back from plenty only, or it would itself bring the volume below the mark.
        else if (!ballast.IsHeld && mark > 0 && free > 2 * mark)
            ballast.TryHold(mark / 4);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            try
            {
                await LookAsync(stoppingToken);
                _reported = null;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // What was decided last holds, and the next second tries again; told once, not each second.
                if (_reported != exception.Message)
                    Log.NotDone(logger, space.Directory, exception);
                _reported = exception.Message;
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private void Stop(long free, long mark)
    {
        _goodProbes = 0;
        // The free space is left out: the sentence would change each second, and each change is an event.
        gate.Close(Cause, $"The volume of {space.Directory} has less than {ByteSize.Format(mark)} free, so no telemetry is taken. "
            + $"Make room; it resumes by itself above {ByteSize.Format(ResumeAbove(mark))}.");
        if (_stopped)
            return;
        // Only now, for it may fail; then the next look tries it again.
        _givenUp = ballast.Release() ? mark / 4 : 0;
        _stopped = true;
        Log.Stopped(logger, space.Directory, free, mark, _givenUp);
    }

    private async Task TryResumeAsync(long free, long mark, CancellationToken cancellationToken)
    {
        // What the ballast gave back is for retention and the audit log, not a reason to take telemetry again.
        if (free - _givenUp <= ResumeAbove(mark) || await log.ProbeAsync(cancellationToken) is not null)
        {
            _goodProbes = 0;
            return;
        }

        if (++_goodProbes < ProbesToResume)
            return;
        _stopped = false;
        if (_givenUp > 0)
            ballast.TryHold(_givenUp);
        _givenUp = 0;
        gate.Open(Cause);
        Log.Resumed(logger, space.Directory, free);
    }

    private static long ResumeAbove(long mark) => mark + (mark / 5);

    private static partial class Log
    {
        [LoggerMessage(EventIds.Operations + 20, LogLevel.Error,
            "The volume of {Directory} has {Free} bytes free, less than {Mark}: ingest stops until there is room. Ballast given up: {Released} bytes.")]
        public static partial void Stopped(ILogger logger, string directory, long free, long mark, long released);

        [LoggerMessage(EventIds.Operations + 21, LogLevel.Information, "The volume of {Directory} has {Free} bytes free again: ingest goes on.")]
        public static partial void Resumed(ILogger logger, string directory, long free);

        [LoggerMessage(EventIds.Operations + 22, LogLevel.Warning, "The volume of {Directory} cannot be looked after now: its free space or the ballast there is out of reach. Trying again each second.")]
        public static partial void NotDone(ILogger logger, string directory, Exception exception);
    }
}
