using Hub.Portal.Api;
using Hub.Portal.Components;
using Hub.Portal.Shell;
using Hub.Shared.Devices;
using Microsoft.Extensions.Localization;
using MudBlazor;

namespace Hub.Portal.Devices;

/// <summary>The questions asked before a device is disturbed, the same wherever they are asked. True: it was done.</summary>
public sealed class DeviceDialogs(IDialogService dialogs, IDevicesClient client, IBrowser browser, IStringLocalizer<DevicesText> text)
{
    /// <summary>How our dialogs look.</summary>
    public static DialogOptions Options { get; } = new() { MaxWidth = MaxWidth.Small, FullWidth = true, CloseOnEscapeKey = true, BackdropClick = false };

    public Task<bool> DisableAsync(DeviceDetails device) => AskAsync(new DialogParameters<ConfirmDialog>
    {
        { dialog => dialog.Title, text["DisableTitle", device.DeviceId.Value].Value },
        { dialog => dialog.Message, text["DisableText"].Value },
        { dialog => dialog.ReasonLabel, text["StatusReason"].Value },
        { dialog => dialog.ReasonHint, text["StatusReasonHint"].Value },
        { dialog => dialog.Confirm, text["DisableConfirm"].Value },
        { dialog => dialog.Busy, text["Disabling"].Value },
        {
            dialog => dialog.Act,
            async reason => (await client.UpdateAsync(
                device.DeviceId, device.ETag, new DeviceChange { Status = DeviceStatus.Disabled, StatusReason = reason ?? string.Empty }, CancellationToken.None)).Problem
        },
    });

    public Task<bool> DeleteAsync(DeviceId id) => AskAsync(new DialogParameters<ConfirmDialog>
    {
        { dialog => dialog.Title, text["DeleteTitle", id.Value].Value },
        { dialog => dialog.Message, text["DeleteText"].Value },
        { dialog => dialog.Confirm, text["DeleteConfirm"].Value },
        { dialog => dialog.Busy, text["Deleting"].Value },
        { dialog => dialog.Act, async _ => (await client.DeleteAsync(id, CancellationToken.None)).Problem },
    });

    /// <summary>Rotates a key after asking; what it came to goes to <paramref name="rotated"/>.</summary>
    public Task<bool> RotateAsync(DeviceId id, KeySlot slot, Action<DeviceKeys> rotated) => AskAsync(new DialogParameters<ConfirmDialog>
    {
        { dialog => dialog.Title, text[slot == KeySlot.Primary ? "RotatePrimaryTitle" : "RotateSecondaryTitle", id.Value].Value },
        { dialog => dialog.Message, text["RotateText"].Value },
        { dialog => dialog.Note, slot == KeySlot.Primary ? text["RotatePrimaryNote"].Value : null },
        { dialog => dialog.Confirm, text["RotateConfirm"].Value },
        { dialog => dialog.Busy, text["Rotating"].Value },
        {
            dialog => dialog.Act,
            async _ =>
            {
                var result = await client.RotateKeyAsync(id, slot, CancellationToken.None);
                if (result.TryGet(out var keys, out var problem))
                    rotated(keys);
                return problem;
            }
        },
    });

    /// <summary>Enabling disturbs nobody and is not asked about.</summary>
    public async Task<ApiProblem?> EnableAsync(DeviceDetails device) =>
        (await client.UpdateAsync(
            device.DeviceId, device.ETag, new DeviceChange { Status = DeviceStatus.Enabled, StatusReason = string.Empty }, CancellationToken.None)).Problem;

    private async Task<bool> AskAsync(DialogParameters<ConfirmDialog> parameters)
    {
        var dialog = await dialogs.ShowAsync<ConfirmDialog>(string.Empty, parameters, Options);
        var result = await dialog.Result;
        await browser.RestoreFocusAsync();
        return result is { Canceled: false };
    }
}
