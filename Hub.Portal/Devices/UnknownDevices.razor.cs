using Hub.Shared.Devices;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.Devices;

/// <summary>Says which of the devices that were asked for are not registered; where nothing comes, that is often why.</summary>
public sealed partial class UnknownDevices
{
    private const int MaxAsked = 5;

    private DeviceId[] _asked = [];
    private List<DeviceId> _unknown = [];

    [Parameter, EditorRequired]
    public required IReadOnlyList<DeviceId> Ids { get; set; }

    [Inject]
    public required IDevicesClient Client { get; init; }

    [Inject]
    public required IStringLocalizer<DevicesText> Text { get; init; }

    protected override async Task OnParametersSetAsync()
    {
        DeviceId[] asked = [.. Ids.Take(MaxAsked)];
        if (asked.SequenceEqual(_asked))
            return;
        (_asked, _unknown) = (asked, []);
        var unknown = new List<DeviceId>();
        foreach (var id in asked)
        {
            // Only a clear no is told: a hub that does not answer, or a right that is missing, says nothing of the device.
            if ((await Client.GetAsync(id, CancellationToken.None)).Problem is { Status: 404 })
                unknown.Add(id);
        }

        if (ReferenceEquals(asked, _asked))
            _unknown = unknown;
    }
}
