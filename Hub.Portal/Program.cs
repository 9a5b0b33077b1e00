using Hub.Portal;
using Hub.Portal.Activity;
using Hub.Portal.Devices;
using Hub.Portal.Home;
using Hub.Portal.Messages;
using Hub.Portal.Refusals;
using Hub.Portal.Shell;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.AspNetCore.Components.WebAssembly.Hosting;

var builder = WebAssemblyHostBuilder.CreateDefault(args);
builder.RootComponents.Add<App>("#app");
builder.RootComponents.Add<HeadOutlet>("head::after");

// The portal lies under /portal/, the API at the root of the same origin.
var hubAddress = new Uri(new Uri(builder.HostEnvironment.BaseAddress), "/");
builder.Services.AddShell(hubAddress);
builder.Services.AddOverview();
builder.Services.AddDevices();
builder.Services.AddActivity();
builder.Services.AddMessages();
builder.Services.AddRefusals();

await builder.Build().RunAsync();
