using Hub.Portal.Components;
using Hub.Shared.Devices;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;
using MudBlazor;

namespace Hub.Portal.Devices;

/// <summary>Registers a device; the dialog's result is the <see cref="DeviceDetails"/>.</summary>
public sealed partial class CreateDeviceDialog
{
    private readonly TagsDraft _tags = new();
    private ElementReference _idField;
    private string _id = string.Empty;
    private string _primary = string.Empty;
    private string _secondary = string.Empty;
    private AuthenticationType _authentication = AuthenticationType.Sas;
    private string? _fault;
    private bool _sent;
    private bool _busy;

    [CascadingParameter]
    public required IMudDialogInstance Dialog { get; set; }

    [Inject]
    public required IDevicesClient Client { get; init; }

    [Inject]
    public required IStringLocalizer<DevicesText> Text { get; init; }

    [Inject]
    public required IStringLocalizer<CommonText> Common { get; init; }

    // An empty field is no fault before the form was sent.
    private string? IdFault => _id.Length == 0 && !_sent ? null : DeviceIdRule.Fault(_id, Text);

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (firstRender)
            await _idField.FocusAsync();
    }

    private void OnId(ChangeEventArgs change) => (_id, _fault) = (change.Value as string ?? string.Empty, null);

    private async Task CreateAsync()
    {
        _sent = true;
        if (_busy || !DeviceId.TryParse(_id, out var id))
            return;
        var certificates = _authentication == AuthenticationType.SelfSigned;
        _fault = certificates ? Thumbprint.Fault(_primary, needed: true, Text) ?? Thumbprint.Fault(_secondary, needed: false, Text) : null;
        _fault ??= _tags.Fault(Text);
        if (_fault is not null)
            return;

        _busy = true;
        var result = await Client.CreateAsync(
            id,
            new DeviceChange
            {
                AuthenticationType = _authentication,
                PrimaryThumbprint = certificates ? Thumbprint.Clean(_primary) : null,
                SecondaryThumbprint = certificates && _secondary.Length > 0 ? Thumbprint.Clean(_secondary) : null,
                Tags = _tags.ToTags(),
            },
            CancellationToken.None);
        _busy = false;
        if (result.TryGet(out var device, out var problem))
            Dialog.Close(DialogResult.Ok(device));
        else
            _fault = problem.Status == 409 ? Text["IdTaken"] : Common.Explain(problem);
    }
}
