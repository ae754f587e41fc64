using System.Net;
using Ksmg.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Ksmg.Sdk.Tests.Web;

/// <summary>A host of the page, with real sockets on loopback.</summary>
internal sealed class PageHost : IAsyncDisposable
{
    private readonly WebApplication _application;

    private PageHost(WebApplication application) => _application = application;

    /// <summary>Where the page is.</summary>
    public Uri Page { get; private set; } = null!;

    /// <param name="configure">Who may see what.</param>
    /// <param name="port">The port; 0: any.</param>
    /// <param name="time">The clock.</param>
    /// <param name="add">What else is in the host.</param>
    public static async Task<PageHost> StartAsync(
        Action<KsmgWebOptions>? configure = null, int port = 0, TimeProvider? time = null, Action<IServiceCollection>? add = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        builder.Services.AddSingleton(time ?? TimeProvider.System);
        builder.Services.AddKsmgWeb(configure);
        add?.Invoke(builder.Services);
        WebApplication application = builder.Build();
        application.MapKsmg();
        await application.StartAsync();
        string address = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return new PageHost(application) { Page = new Uri(new Uri(address), "/ksmg/") };
    }

    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync();
        await _application.DisposeAsync();
    }
}
