using Hub.Shared.Devices;
using Microsoft.AspNetCore.Components;

namespace Hub.Portal.Devices;

/// <summary>A field for a device id that suggests those which contain what is typed.</summary>
public sealed partial class DeviceField : IDisposable
{
    private const int MaxSuggested = 10;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    private static int _count;

    private readonly string _list = $"device-ids-{Interlocked.Increment(ref _count)}";
    private IReadOnlyList<DeviceId> _suggested = [];
    private CancellationTokenSource? _asking;

    [Parameter]
    public string? Value { get; set; }

    [Parameter]
    public EventCallback<string?> ValueChanged { get; set; }

    [Parameter, EditorRequired]
    public required string Label { get; set; }

    [Parameter]
    public string? Class { get; set; }

    [Inject]
    public required IDevicesClient Client { get; init; }

    [Inject]
    public required TimeProvider Time { get; init; }

    public void Dispose()
    {
        _asking?.Cancel();
        _asking?.Dispose();
    }

    private async Task OnInputAsync(ChangeEventArgs change)
    {
        var typed = (change.Value as string)?.Trim();
        await ValueChanged.InvokeAsync(change.Value as string);
        Dispose();
        var asking = _asking = new CancellationTokenSource();
        if (string.IsNullOrEmpty(typed))
        {
            _suggested = [];
            return;
        }

        try
        {
            await Task.Delay(Pause, Time, asking.Token);
            // What the hub cannot tell is not suggested; the field takes any id all the same.
            if ((await Client.ListAsync(new DeviceQuery { Q = typed, Limit = MaxSuggested }, asking.Token)).TryGet(out var page, out _))
                _suggested = [.. page.Items.Select(device => device.DeviceId)];
        }
        catch (OperationCanceledException) when (asking.IsCancellationRequested)
        {
            // More was typed, or the page was left.
        }
    }
}
