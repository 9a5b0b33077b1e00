using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Xunit;

namespace Hub.Tests.Support;

/// <summary>
/// A connection without a network: what the peer says is written to <see cref="Peer"/>, and what it is sent waits there. A peer that does
/// not read takes one byte, and the hub's next flush waits.
/// </summary>
internal sealed class PipeConnection : DefaultConnectionContext
{
    private readonly TaskCompletionSource _aborted = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private PipeConnection(Pipe toHub, Pipe toPeer)
        : base("in-memory", new Duplex(toHub.Reader, toPeer.Writer), new Duplex(toPeer.Reader, toHub.Writer))
    {
    }

    /// <summary>Completes when the hub drops the connection.</summary>
    public Task Aborted => _aborted.Task;

    public IDuplexPipe Peer => Application!;

    public static PipeConnection Create(bool peerReads) =>
        new(new Pipe(), new Pipe(peerReads ? PipeOptions.Default : new PipeOptions(pauseWriterThreshold: 1, resumeWriterThreshold: 1)));

    public async Task SayAsync(byte[] packet) => await Peer.Output.WriteAsync(packet, TestContext.Current.CancellationToken);

    public override void Abort(ConnectionAbortedException abortReason)
    {
        // As of a socket: who waits to send or to receive is told.
        Peer.Input.Complete();
        Peer.Output.Complete(abortReason);
        _aborted.TrySetResult();
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
