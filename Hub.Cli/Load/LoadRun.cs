using System.Net;
using System.Net.Sockets;

namespace Hub.Cli.Load;

/// <summary>Runs a load from the first connection to the report. Bounded by the plan's times; cancelling ends it early, with a report.</summary>
internal sealed class LoadRun(LoadPlan plan, IReadOnlyList<MqttIdentity> identities, TimeProvider time, Action<string>? progress = null)
{
    private const int ConnectAtOnce = 128;

    /// <summary>Below the 28,000 ports that Linux hands out to one address.</summary>
    private const int ConnectionsPerSource = 20_000;

    private readonly LoadClock _clock = new(time);

    public async Task<LoadReport> RunAsync(CancellationToken cancellationToken)
    {
        var server = plan.ServerProcess;
        var before = (Client: ProcessSample.TryTake(Environment.ProcessId), Server: Take(server));
        var address = await plan.Target.ResolveAsync(cancellationToken);
        var connections = identities.Select(i => new LoadConnection(plan, i, _clock)).ToArray();
        using var ended = new CancellationTokenSource();
        Task[] readers = [];
        try
        {
            var began = time.GetTimestamp();
            await ConnectAsync(connections, address, cancellationToken);
            var connectTime = time.GetElapsedTime(began);
            progress?.Invoke($"{connections.Length:N0} connections in {connectTime.TotalSeconds:0.0} s");

            _clock.Start(plan.WarmUp, plan.Duration);
            readers = [.. connections.Select(c => Task.Run(() => c.RunAsync(ended.Token), CancellationToken.None))];
            // A thread of its own: in the pool its turns would come late under load, and what the server did not do would count against it.
            var pacing = plan.Rate is null || plan.Idle
                ? Task.CompletedTask
                : Task.Factory.StartNew(() => Pace(connections, ended.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            var pings = PingAsync(connections, ended.Token);

            await WaitAsync(plan.WarmUp, cancellationToken);
            var start = (Time: time.GetTimestamp(), Client: ProcessSample.TryTake(Environment.ProcessId), Server: Take(server), Machine: MachineSample.TryTake());
            await WaitAsync(plan.Duration, cancellationToken);
            _clock.Stop();
            var measured = time.GetElapsedTime(start.Time);
            var end = (Client: ProcessSample.TryTake(Environment.ProcessId), Server: Take(server), Machine: MachineSample.TryTake());

            await DrainAsync(connections);
            var lost = connections.Where(c => c.Error is not null).ToArray();
            var report = Report(connections, lost, connectTime, measured) with
            {
                Client = Side(before.Client, start.Client, end.Client),
                Server = Side(before.Server, start.Server, end.Server),
                StolenPercent = start.Machine is null ? null : end.Machine?.StolenPercentSince(start.Machine),
            };
            await ended.CancelAsync();
            await Task.WhenAll(pacing, pings);
            return report;
        }
        finally
        {
            await ended.CancelAsync();
            foreach (var connection in connections)
                await connection.DisposeAsync();
            await Task.WhenAll(readers);
        }
    }

    private static ProcessSample? Take(int? process) => process is null ? null : ProcessSample.TryTake(process.Value);

    private static SideReport? Side(ProcessSample? before, ProcessSample? start, ProcessSample? end) =>
        before is null || start is null || end is null
            ? null
            : new SideReport((end.Cpu - start.Cpu).TotalSeconds, end.ResidentBytes, end.PeakResidentBytes, before.ResidentBytes);

    private async Task ConnectAsync(LoadConnection[] connections, IPAddress target, CancellationToken cancellationToken)
    {
        // One source address has too few ports for very many connections; on loopback there are more addresses.
        var many = IPAddress.IsLoopback(target) && target.AddressFamily == AddressFamily.InterNetwork;
        var options = new ParallelOptions { MaxDegreeOfParallelism = ConnectAtOnce, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, connections.Length, options, async (i, token) =>
        {
            var source = many && i >= ConnectionsPerSource ? new IPAddress([127, 0, 0, (byte)(1 + (i / ConnectionsPerSource))]) : null;
            try
            {
                await connections[i].ConnectAsync(target, source, token);
            }
            catch (Exception e) when (e is IOException or SocketException or System.Security.Authentication.AuthenticationException)
            {
                if (e is System.Security.Authentication.AuthenticationException)
                    throw new CommandException(plan.Trust.Explain(e, plan.Target.ToString()), e);
                throw new CommandException(e is SocketException { SocketErrorCode: SocketError.TooManyOpenSockets }
                    ? $"This shell lets a program open too few files for {connections.Length:N0} connections: raise `ulimit -n`."
                    : $"Connection {i + 1:N0} to {plan.Target} as {identities[i].ClientId} failed: {e.Message}.", e);
            }
        });
    }

    private async Task WaitAsync(TimeSpan span, CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(span, time, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // Asked to end early: what was measured so far is reported.
        }
    }

    private void Pace(LoadConnection[] connections, CancellationToken ended)
    {
        var pacer = new Pacer(time, plan.Rate!.Value);
        var sent = 0L;
        while (_clock.Sending(_clock.Now) && !ended.WaitHandle.WaitOne(Pacer.Step))
        {
            for (var due = pacer.Due(); sent < due; sent++)
                _ = connections[sent % connections.Length].OfferAsync(pacer.TimestampOf(sent), ended);
        }
    }

    private async Task PingAsync(LoadConnection[] connections, CancellationToken cancellationToken)
    {
        try
        {
            using var timer = new PeriodicTimer(TimeSpan.FromSeconds(plan.KeepAliveSeconds / 2.0), time);
            while (plan.Idle && await timer.WaitForNextTickAsync(cancellationToken))
            {
                foreach (var connection in connections.Where(c => c.Error is null))
                    await connection.PingAsync(cancellationToken);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or SocketException)
        {
            // The run is over, or the connection broke; its reader says so.
        }
    }

    private async Task DrainAsync(LoadConnection[] connections)
    {
        var began = time.GetTimestamp();
        while (connections.Any(c => c.Error is null && c.Unsettled > 0) && time.GetElapsedTime(began) < plan.DrainTime)
            await Task.Delay(TimeSpan.FromMilliseconds(20), time, CancellationToken.None);
    }

    private LoadReport Report(LoadConnection[] connections, LoadConnection[] lost, TimeSpan connectTime, TimeSpan measured)
    {
        var acknowledged = connections.Sum(c => c.Measured);
        return new LoadReport
        {
            Target = plan.Target.ToString(),
            Connections = connections.Length,
            ConnectionsLost = lost.Length,
            InFlight = plan.InFlight,
            Qos = plan.Qos,
            Size = plan.Payload.Length,
            Rate = plan.Rate,
            ConnectSeconds = connectTime.TotalSeconds,
            MeasuredSeconds = measured.TotalSeconds,
            Sent = connections.Sum(c => c.Sent),
            Acknowledged = acknowledged,
            AcknowledgedPerSecond = acknowledged / measured.TotalSeconds,
            P50 = _clock.Latency.Percentile(0.5).TotalMilliseconds,
            P99 = _clock.Latency.Percentile(0.99).TotalMilliseconds,
            P999 = _clock.Latency.Percentile(0.999).TotalMilliseconds,
            Max = _clock.Latency.Max.TotalMilliseconds,
            OrderViolations = connections.Sum(c => c.OrderViolations),
            Unacknowledged = connections.Sum(c => (long)c.Unsettled),
            Errors = lost.GroupBy(c => c.Error!).ToDictionary(g => g.Key, g => g.Count()),
            LostClient = lost.FirstOrDefault()?.ClientId,
        };
    }
}
