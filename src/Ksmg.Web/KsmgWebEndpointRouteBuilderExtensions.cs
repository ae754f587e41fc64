using Ksmg.Web;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps the live page.</summary>
public static class KsmgWebEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Maps the page and what it asks for. The page needs <c>AddKsmgWeb</c>; of the host it needs nothing but an address, best on loopback.
    /// </summary>
    /// <param name="endpoints">The routes of the host.</param>
    /// <param name="prefix">Where the page is.</param>
    /// <returns>All of them, such as for an authorization of the host's own.</returns>
    /// <exception cref="InvalidOperationException"><c>AddKsmgWeb</c> was not called.</exception>
    /// <exception cref="OptionsValidationException">The options leave the page open, or make no sense.</exception>
    public static IEndpointConventionBuilder MapKsmg(this IEndpointRouteBuilder endpoints, string prefix = "/ksmg")
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentException.ThrowIfNullOrWhiteSpace(prefix);
        IServiceProvider services = endpoints.ServiceProvider;
        Gatekeeper gatekeeper = services.GetService<Gatekeeper>() ?? throw new InvalidOperationException("Call services.AddKsmgWeb() before app.MapKsmg().");
        RouteGroupBuilder group = endpoints.MapGroup(prefix);
        Doors doors = new(group, gatekeeper);
        PageFiles.OfRuns.Map(doors);
        IPagePart[] parts = [.. services.GetServices<IPagePart>()];
        foreach (IPagePart part in parts)
        {
            part.Map(doors);
        }

        new RunCalls(
            services.GetRequiredService<WebClusters>(),
            services.GetRequiredService<RunStreams>(),
            gatekeeper,
            services.GetRequiredService<IOptions<KsmgWebOptions>>().Value,
            [.. parts.Select(part => part.Name)],
            services.GetRequiredService<TimeProvider>()).Map(doors);
        return group;
    }
}
