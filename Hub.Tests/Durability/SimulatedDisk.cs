namespace Hub.Tests.Durability;

/// <summary>
/// A disk to which a trace is replayed, and which can lose its power at any time. What was synced is kept; of what was not, each write
/// is lost (40 %), kept (35 %) or torn at sectors of 512 bytes (25 %), whatever came after it; names made, changed or removed are kept
/// or lost one by one until their folder is synced.
/// </summary>
internal sealed class SimulatedDisk(string root)
{
    private const int Sector = 512;

    private readonly Dictionary<string, Content?> _names = new(StringComparer.Ordinal) { [root] = null };
    private readonly Dictionary<string, Content?> _durableNames = new(StringComparer.Ordinal) { [root] = null };
    private readonly List<NameChange> _changes = [];

    public void Apply(TraceEvent call)
    {
        switch (call.Kind)
        {
            case TraceKind.MakeFolder when !_names.ContainsKey(call.Path):
                Change(new NameChange(call.Position, call.Path, null, null));
                break;
            case TraceKind.Create:
                if (!_names.TryGetValue(call.Path, out var known) || known is null)
                    Change(new NameChange(call.Position, call.Path, new Content(), null));
                else if (call.Offset == 0)
                    known.Pending.Add(call with { Kind = TraceKind.Truncate });
                break;
            case TraceKind.Remove when _names.ContainsKey(call.Path):
                Change(new NameChange(call.Position, null, null, call.Path));
                break;
            case TraceKind.Rename when _names.TryGetValue(call.Path, out var moved):
                Change(new NameChange(call.Position, call.To, moved, call.Path));
                break;
            case TraceKind.Write or TraceKind.Truncate when _names.TryGetValue(call.Path, out var content):
                content?.Pending.Add(call);
                break;
            case TraceKind.Sync:
                Sync(call);
                break;
        }
    }

    /// <summary>Writes what is left after a power cut into an empty folder.</summary>
    public void CutPower(Random random, string target)
    {
        var names = new Dictionary<string, Content?>(_durableNames, StringComparer.Ordinal);
        foreach (var change in _changes)
        {
            if (random.Next(2) == 0)
                change.ApplyTo(names);
        }

        foreach (var (path, content) in names.OrderBy(name => name.Key, StringComparer.Ordinal))
        {
            var place = target + path[root.Length..];
            // A folder that was lost takes with it what was in it.
            if (path != root && !Directory.Exists(target + FolderOf(path)[root.Length..]))
                continue;
            if (content is null)
                Directory.CreateDirectory(place);
            else
                File.WriteAllBytes(place, content.AfterCut(random));
        }
    }

    private void Change(NameChange change)
    {
        change.ApplyTo(_names);
        _changes.Add(change);
    }

    /// <summary>Syncing a folder makes its names durable, syncing a file its contents: only what came before the call began.</summary>
    private void Sync(TraceEvent call)
    {
        if (!_names.TryGetValue(call.Path, out var content))
            return;
        if (content is not null)
        {
            content.Sync(call.Began);
            return;
        }

        foreach (var change in _changes.Where(change => change.Position < call.Began && change.Folder == call.Path))
            change.ApplyTo(_durableNames);
        _changes.RemoveAll(change => change.Position < call.Began && change.Folder == call.Path);
    }

    private static string FolderOf(string path) => path[..path.LastIndexOf('/')];

    /// <summary>A name that came, went, or both.</summary>
    private sealed record NameChange(int Position, string? Added, Content? Content, string? Removed)
    {
        public string Folder { get; } = FolderOf(Added ?? Removed!);

        public void ApplyTo(Dictionary<string, Content?> names)
        {
            if (Removed is not null)
                names.Remove(Removed);
            if (Added is not null)
                names[Added] = Content;
        }
    }

    /// <summary>What a file holds: for certain, and perhaps.</summary>
#pragma warning disable CA1001 // A stream in memory holds nothing that must be freed.
    private sealed class Content
#pragma warning restore CA1001
    {
        private readonly MemoryStream _durable = new();

        public List<TraceEvent> Pending { get; } = [];

        public void Sync(int before)
        {
            foreach (var call in Pending.Where(call => call.Position < before))
                Apply(_durable, call, null);
            Pending.RemoveAll(call => call.Position < before);
        }

        public ReadOnlySpan<byte> AfterCut(Random random)
        {
            if (Pending.Count == 0)
                return Bytes(_durable);
            var left = new MemoryStream();
            left.Write(Bytes(_durable));
            foreach (var call in Pending)
            {
                var fate = random.Next(100);
                if (fate >= 40)
                    Apply(left, call, fate >= 75 ? random : null);
            }

            return Bytes(left);
        }

        private static void Apply(MemoryStream bytes, TraceEvent call, Random? torn)
        {
            if (call.Kind == TraceKind.Truncate)
            {
                bytes.SetLength(call.Offset);
                return;
            }

            var start = call.Offset < 0 ? bytes.Length : call.Offset;
            bytes.SetLength(Math.Max(bytes.Length, start + call.Data.Length));
            for (var from = 0; from < call.Data.Length;)
            {
                var length = (int)Math.Min(call.Data.Length - from, Sector - ((start + from) % Sector));
                bytes.Position = start + from;
                if (torn is null || torn.Next(2) == 0)
                    bytes.Write(call.Data, from, length);
                from += length;
            }
        }

        private static ReadOnlySpan<byte> Bytes(MemoryStream bytes) => bytes.GetBuffer().AsSpan(0, (int)bytes.Length);
    }
}
