using System.Net;
using System.Security.Cryptography;
using Ksmg.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Ksmg.Cli.Runs;

/// <summary>The live page on loopback while a command goes on, for whoever has the link that is printed: it lets one browser in.</summary>
internal sealed class LoopbackPage : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly string _token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));

    private LoopbackPage(int port, CliConsole console, Action<KsmgWebOptions> show, Action<IServiceCollection>? add)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.AddSingleton(console.Time);
        builder.Services.AddKsmgWeb(web =>
        {
            web.Tokens.Add(new KsmgWebToken { Name = RunDriver.Me, Value = _token, Role = KsmgWebRole.Operator, Once = true });
            show(web);
        });
        add?.Invoke(builder.Services);
        _application = builder.Build();
        _application.MapKsmg();
    }

    /// <summary>Opens it.</summary>
    /// <param name="port">The port; 0: any.</param>
    /// <param name="console">Whose command it is.</param>
    /// <param name="show">What it shows.</param>
    /// <param name="add">What else it is made of.</param>
    /// <exception cref="CliException">The port is taken.</exception>
    public static async Task<LoopbackPage> OpenAsync(
        int port, CliConsole console, Action<KsmgWebOptions> show, Action<IServiceCollection>? add = null)
    {
        LoopbackPage page = new(port, console, show, add);
        try
        {
            await page._application.StartAsync(console.End).ConfigureAwait(false);
            return page;
        }
        catch (IOException e)
        {
            await page._application.DisposeAsync().ConfigureAwait(false);
            throw new CliException(ExitCodes.Usage, Words.Get("page.port", port, e.Message), e);
        }
    }

    /// <summary>The link to a place of it.</summary>
    /// <param name="part">The part of the page: a path that ends with a slash, or nothing.</param>
    /// <param name="place">The place there.</param>
    public string LinkTo(string part, params IEnumerable<string> place)
    {
        string address = _application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return $"{address}/ksmg/{part}#once={_token}/{string.Join('/', place.Select(Uri.EscapeDataString))}";
    }

    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync().ConfigureAwait(false);
        await _application.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Signals are the command's, not the page's.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
