using Bunit;
using Hub.Portal.Shell;
using Microsoft.Extensions.DependencyInjection;
using MudBlazor;
using Xunit;

namespace Hub.Tests.Portal.Shell;

public sealed class HelpDialogTests : PageContext
{
    [Fact]
    public async Task Help_Open_ListsTheShortcutsAndLeadsToTheApisReference()
    {
        var layers = RenderLayers();
        await using var shortcuts = await Services.GetRequiredService<ShortcutTable>().RegisterAsync(new Shortcut("g d", "Go to the devices", () => Task.CompletedTask));

        await layers.InvokeAsync(() => Services.GetRequiredService<IDialogService>().ShowAsync<HelpDialog>());

        Assert.Contains("Go to the devices", layers.WaitForElement("[data-testid=help]").TextContent, StringComparison.Ordinal);
        // At the root of the hub, not under the portal's own base address.
        Assert.Equal("/docs/", layers.Find("[data-testid=api-docs]").GetAttribute("href"));
    }
}
