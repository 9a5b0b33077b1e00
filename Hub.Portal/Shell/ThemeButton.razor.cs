using Hub.Portal.Components;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.Shell;

/// <summary>Goes round the themes: the system's, light, dark.</summary>
public sealed partial class ThemeButton
{
    private string _theme = "system";

    [Inject]
    public required IBrowser Browser { get; init; }

    [Inject]
    public required IStringLocalizer<ShellText> Text { get; init; }

    private string IconName => _theme switch { "light" => IconPath.Sun, "dark" => IconPath.Moon, _ => IconPath.Monitor };

    private string Title => Text["ThemeNext", Text[_theme switch { "light" => "ThemeLight", "dark" => "ThemeDark", _ => "ThemeSystem" }].Value];

    protected override async Task OnInitializedAsync() => _theme = await Browser.GetThemeAsync();

    private async Task NextAsync()
    {
        _theme = _theme switch { "system" => "light", "light" => "dark", _ => "system" };
        await Browser.SetThemeAsync(_theme);
    }
}
