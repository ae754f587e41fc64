using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Ksmg.Sdk.Http;

/// <summary>
/// Makes HTTP clients of ours (of nodes, of web hooks) from what was said of them by their names, and from nothing else. What a host says of all clients
/// (retries, hedging, logging, service discovery, a base address, a time-out, filters of handlers) would lie below the
/// <see cref="RetryTable"/> and repeat what must never be repeated; so these clients have a factory of their own.
/// </summary>
internal sealed class OwnHttpClients : IDisposable
{
    private readonly IServiceScope _host;
    private readonly ServiceProvider _services;

    public OwnHttpClients(IServiceProvider host, IReadOnlyCollection<string> names)
    {
        _host = host.CreateScope();
        ServiceCollection services = new();
        services.AddHttpClient();

        // Handlers are still made by the services of the host: whoever adds one to our client by name has it from there.
        services.Replace(ServiceDescriptor.Transient<HttpMessageHandlerBuilder>(_ => new Builder(_host.ServiceProvider)));
        if (host.GetService<ILoggerFactory>() is { } loggers)
        {
            services.Replace(ServiceDescriptor.Singleton(loggers));
        }

        foreach (ConfigureNamedOptions<HttpClientFactoryOptions> options in host.GetServices<IConfigureOptions<HttpClientFactoryOptions>>()
            .OfType<ConfigureNamedOptions<HttpClientFactoryOptions>>().Where(o => o.Name is { } name && names.Contains(name)))
        {
            services.AddSingleton<IConfigureOptions<HttpClientFactoryOptions>>(options);
        }

        _services = services.BuildServiceProvider();
    }

    public HttpClient Create(string name) => _services.GetRequiredService<IHttpClientFactory>().CreateClient(name);

    public void Dispose()
    {
        _services.Dispose();
        _host.Dispose();
    }

    private sealed class Builder(IServiceProvider services) : HttpMessageHandlerBuilder
    {
        public override string? Name { get; set; }

        public override HttpMessageHandler PrimaryHandler { get; set; } = new HttpClientHandler();

        public override IList<DelegatingHandler> AdditionalHandlers { get; } = [];

        public override IServiceProvider Services => services;

        public override HttpMessageHandler Build() => CreateHandlerPipeline(PrimaryHandler, AdditionalHandlers);
    }
}
