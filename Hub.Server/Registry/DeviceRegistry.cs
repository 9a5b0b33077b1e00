using System.Collections.Immutable;
using System.Security.Cryptography;
using Hub.Shared.Devices;

namespace Hub.Server.Registry;

/// <summary>
/// The entrance to the registry: checks a change, stores it, and tells whoever listens (<see cref="Changed"/>), so that live
/// connections end when they must. Singleton; safe from any thread.
/// </summary>
internal sealed class DeviceRegistry(IDeviceStore store, TimeProvider time)
{
    /// <summary>Raised after a change is stored, on the thread of whoever made it; listeners return at once.</summary>
    public event Action<DeviceChanged>? Changed;

    public ValueTask<Device?> FindAsync(DeviceId id, CancellationToken cancellationToken) => store.FindAsync(id, cancellationToken);

    /// <summary>Registers a device.</summary>
    public async ValueTask<RegistryResult> CreateAsync(DeviceId id, DeviceChange change, CancellationToken cancellationToken)
    {
        if (DeviceRules.Check(change) is { } fault)
            return new RegistryResult.Invalid(fault);

        var credentials = DeviceRules.CredentialsOf(change, null);
        if (DeviceRules.Check(credentials) is { } bad)
            return new RegistryResult.Invalid(bad);
        var now = time.GetUtcNow();
        var device = new Device
        {
            Id = id,
            GenerationId = NewGenerationId(now),
            ETag = NewETag(),
            Status = change.Status ?? DeviceStatus.Enabled,
            StatusReason = change.StatusReason,
            StatusUpdatedTime = now,
            CreatedTime = now,
            Credentials = credentials,
            Tags = change.Tags is null ? ImmutableSortedDictionary<string, string>.Empty : ToTags(change.Tags),
        };

        if (!await store.TryAddAsync(device, cancellationToken))
            return new RegistryResult.AlreadyExists();
        Changed?.Invoke(new DeviceChanged(null, device));
        return new RegistryResult.Done(device);
    }

    /// <summary>Changes a device; what is null in the change stays. An <paramref name="ifMatch"/> of null means whatever the etag is.</summary>
    public async ValueTask<RegistryResult> UpdateAsync(DeviceId id, DeviceChange change, string? ifMatch, CancellationToken cancellationToken)
    {
        if (DeviceRules.Check(change) is { } fault)
            return new RegistryResult.Invalid(fault);

        while (true)
        {
            var before = await store.FindAsync(id, cancellationToken);
            if (before is null)
                return new RegistryResult.NotFound();
            if (ifMatch is not null && ifMatch != before.ETag)
                return new RegistryResult.ETagMismatch();

            var credentials = DeviceRules.CredentialsOf(change, before.Credentials);
            if (DeviceRules.Check(credentials) is { } bad)
                return new RegistryResult.Invalid(bad);
            var status = change.Status ?? before.Status;
            var after = before with
            {
                ETag = NewETag(),
                Status = status,
                StatusReason = change.StatusReason ?? (status == before.Status ? before.StatusReason : null),
                StatusUpdatedTime = status == before.Status ? before.StatusUpdatedTime : time.GetUtcNow(),
                Credentials = credentials,
                Tags = change.Tags is null ? before.Tags : ToTags(change.Tags),
            };
            if (await store.TryUpdateAsync(after, before.ETag, cancellationToken))
            {
                Changed?.Invoke(new DeviceChanged(before, after));
                return new RegistryResult.Done(after);
            }
            // Somebody else changed it in between: with a given etag the next turn says so, without one it tries again.
        }
    }

    /// <summary>Makes one of the two keys anew; the other stays, so that devices that use it are not disturbed.</summary>
    public async ValueTask<RegistryResult> RotateKeyAsync(DeviceId id, KeySlot slot, CancellationToken cancellationToken)
    {
        if (await store.FindAsync(id, cancellationToken) is not { } device)
            return new RegistryResult.NotFound();
        if (device.Credentials is not DeviceCredentials.SymmetricKeys)
            return new RegistryResult.Invalid("The device has no symmetric keys to rotate.");
        var key = SymmetricKey.Generate().ToBase64();
        var change = slot == KeySlot.Primary ? new DeviceChange { PrimaryKey = key } : new DeviceChange { SecondaryKey = key };
        return await UpdateAsync(id, change, null, cancellationToken);
    }

    /// <summary>Deletes a device with all that belongs to it.</summary>
    public async ValueTask<RegistryResult> DeleteAsync(DeviceId id, string? ifMatch, CancellationToken cancellationToken)
    {
        while (true)
        {
            var before = await store.FindAsync(id, cancellationToken);
            if (before is null)
                return new RegistryResult.NotFound();
            if (ifMatch is not null && ifMatch != before.ETag)
                return new RegistryResult.ETagMismatch();
            if (await store.TryRemoveAsync(id, before.ETag, cancellationToken))
            {
                Changed?.Invoke(new DeviceChanged(before, null));
                return new RegistryResult.Done(before);
            }
        }
    }

    public ValueTask<DeviceListPage> ListAsync(DeviceQuery query, CancellationToken cancellationToken) => store.ListAsync(query, cancellationToken);

    public ValueTask<DeviceCounts> CountAsync(CancellationToken cancellationToken) => store.CountAsync(cancellationToken);

    private static ImmutableSortedDictionary<string, string> ToTags(IReadOnlyDictionary<string, string> tags) =>
        tags.ToImmutableSortedDictionary(StringComparer.Ordinal);

    private static string NewETag() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(8));

    /// <summary>Digits, as clients know them: the time, and enough chance that two in one tick differ.</summary>
    private static string NewGenerationId(DateTimeOffset now) =>
        $"{now.UtcTicks}{RandomNumberGenerator.GetInt32(1_000_000):D6}";
}
