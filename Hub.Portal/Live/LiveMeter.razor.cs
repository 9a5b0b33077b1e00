using System.Globalization;
using Hub.Portal.Components;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.Live;

/// <summary>Says always what comes, what of it is shown and what is not; for the ear at most every five seconds.</summary>
public sealed partial class LiveMeter
{
    private static readonly TimeSpan WorthTelling = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(5);

    private LiveRates _rates;
    private string? _announcement;
    private long _announcedAt;
    private long _announcedCount;

    [Parameter, EditorRequired]
    public required LiveState State { get; set; }

    [Inject]
    public required TimeProvider Time { get; init; }

    [Inject]
    public required IStringLocalizer<LiveText> Text { get; init; }

    [Inject]
    public required IStringLocalizer<CommonText> Common { get; init; }

    private string Word =>
        State.Status != LiveStatus.Live ? State.Status.ToString()
        : State.IsPaused ? "Paused"
        : State.IsFrozen ? "Frozen"
        : State.Behind >= WorthTelling ? "CatchingUp"
        : "Live";

    private string Words => Word == "CatchingUp" ? Text["State_CatchingUp", Ago(State.Behind)] : Text[$"State_{Word}"];

    private string? Title => Word switch
    {
        "CatchingUp" => Text["Title_CatchingUp", Ago(State.Behind)].Value,
        "Reconnecting" => Text["Title_Reconnecting"].Value,
        _ => null,
    };

    private string Mark => Word switch
    {
        "Live" => "ok",
        "Failed" => "bad",
        "Connecting" => "off",
        _ => "warn",
    };

    public void Refresh()
    {
        _rates = State.Status == LiveStatus.Live ? State.Rates : State.Rates with { In = 0, Shown = 0, SampledOut = 0, Missed = 0 };
        if (_rates.TotalShown > _announcedCount && (_announcedAt == 0 || Time.GetElapsedTime(_announcedAt) >= Quiet))
        {
            var more = _rates.TotalShown - _announcedCount;
            _announcement = more == 1 ? Text["AnnounceOne"] : Text["Announce", more];
            (_announcedAt, _announcedCount) = (Time.GetTimestamp(), _rates.TotalShown);
        }
        else if (_rates.TotalShown < _announcedCount)
        {
            _announcedCount = _rates.TotalShown;
        }

        StateHasChanged();
    }

    private string Rate(double rate) => Text["PerSecond", rate.ToString(rate is > 0 and < 10 ? "0.0" : "N0", CultureInfo.InvariantCulture)];

    private string Ago(TimeSpan behind)
    {
        var now = Time.GetUtcNow();
        return Common.Ago(now - behind, now);
    }

    private string Total(long count) => Text["Total", Quantity.Count(count)];
}
