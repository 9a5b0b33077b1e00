namespace Hub.Server.Messaging.DeviceToCloud;

/// <summary>Closing the gate while the log cannot be written, and the way back, for which no restart is needed.</summary>
internal sealed partial class MessageWriter
{
    private const string GateCause = "log";
    private const int GoodProbesToResume = 3;
    private static readonly TimeSpan ProbeInterval = TimeSpan.FromSeconds(1);

    private bool _resuming;
    private string? _probeFault;

    private void OnFault(MessageLogException fault)
    {
        Log.AppendFailed(logger, fault.Fault, fault);
        CloseUntilWritable(fault.Message);
    }

    /// <summary>A log that is read-only, or on a full disk, says so before the first message finds out.</summary>
    private async ValueTask CloseUnlessWritableAsync()
    {
        if (await FindFaultAsync() is not { } fault)
            return;
        Log.NotWritable(logger, fault);
        CloseUntilWritable(fault);
    }

    private void CloseUntilWritable(string reason)
    {
        gate.Close(GateCause, reason);
        if (!Interlocked.Exchange(ref _resuming, true))
            _ = ResumeWhenWritableAsync();
    }

    /// <summary>Opens the gate after several probes in a row reached the disk.</summary>
    private async Task ResumeWhenWritableAsync()
    {
        for (var good = 0; good < GoodProbesToResume && !_stopping.IsCancellationRequested;)
        {
            await Task.Delay(ProbeInterval, time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            var fault = await FindFaultAsync();
            good = fault is null ? good + 1 : 0;
            // What keeps it closed may be something else by now.
            if (fault is not null)
                gate.Close(GateCause, fault);
        }

        // A hub that stops does not open again.
        if (_stopping.IsCancellationRequested)
            return;
        // In this order: a commit that fails from here on finds nobody at it, and begins anew.
        Volatile.Write(ref _resuming, false);
        gate.Open(GateCause);
        Log.Resumed(logger);
    }

    /// <summary>Why the log cannot be written now; null when it can.</summary>
    private async ValueTask<string?> FindFaultAsync()
    {
        try
        {
            return await log.ProbeAsync(CancellationToken.None);
        }
        catch (Exception exception)
        {
            // Whatever it is: were the probing to end here, the gate would stay closed for ever. Told once, not each second.
            if (_probeFault != exception.Message)
                Log.ProbeFailed(logger, exception);
            _probeFault = exception.Message;
            return $"The message log cannot be tried: {exception.Message}";
        }
    }
}
