using System.Globalization;
using Hub.Shared.Devices;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.Live;

/// <summary>What is asked of the hub. Applied when sent, since each change is another stream.</summary>
public sealed partial class LiveFilterBar
{
    private static readonly int[] Minutes = [1, 5, 15, 60];

    private string? _q;
    private string? _device;
    private string? _property;
    private string? _wrong;
    private string? _minutes;
    private int? _partition;
    private bool _open;

    [Parameter, EditorRequired]
    public required LiveFilter Filter { get; set; }

    [Parameter]
    public EventCallback<LiveFilter> OnFilter { get; set; }

    [Inject]
    public required IStringLocalizer<LiveText> Text { get; init; }

    protected override void OnParametersSet()
    {
        (_q, _partition, _minutes) = (Filter.Q, Filter.Partition, Filter.Minutes?.ToString(CultureInfo.InvariantCulture));
        // What is set is in sight also where the rest folds away.
        _open |= (Filter.Partition ?? Filter.Minutes) is not null;
    }

    private async Task ApplyAsync()
    {
        _wrong = null;
        var devices = Filter.Devices;
        if (!string.IsNullOrWhiteSpace(_device))
        {
            if (!DeviceId.TryParse(_device.Trim(), out var id))
            {
                (_wrong, _open) = (Text["Wrong", DeviceId.Rule], true);
                return;
            }

            devices = [.. devices, id];
        }

        var properties = new Dictionary<string, string>(Filter.Properties, StringComparer.Ordinal);
        if (!string.IsNullOrWhiteSpace(_property))
        {
            var equals = _property.IndexOf('=', StringComparison.Ordinal);
            if (equals < 1)
            {
                (_wrong, _open) = (Text["WrongProperty"], true);
                return;
            }

            properties[_property[..equals]] = _property[(equals + 1)..];
        }

        (_device, _property) = (null, null);
        await OnFilter.InvokeAsync(Filter with
        {
            Q = string.IsNullOrWhiteSpace(_q) ? null : _q,
            Devices = [.. devices.Distinct()],
            Properties = properties,
            Partition = _partition,
            Minutes = int.TryParse(_minutes, CultureInfo.InvariantCulture, out var minutes) ? minutes : null,
        });
    }

    private Task RemoveAsync(DeviceId device) => OnFilter.InvokeAsync(Filter with { Devices = [.. Filter.Devices.Where(id => id != device)] });

    private Task RemoveAsync(string property) =>
        OnFilter.InvokeAsync(Filter with { Properties = Filter.Properties.Where(p => p.Key != property).ToDictionary() });
}
