using Ksmg.Sdk;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Simulator;

/// <summary>The simulated configuration files, over the control URL.</summary>
internal sealed class SimulatorConfigurationFiles : IConfigurationFiles, IDisposable
{
    private readonly SimulatorClient _client;
    private readonly HashSet<string>? _paths;

    /// <summary>Creates the adapter.</summary>
    /// <param name="endpoint">The control URL.</param>
    /// <param name="paths">The configured files; <see langword="null"/>: all the simulator has.</param>
    public SimulatorConfigurationFiles(Uri endpoint, IEnumerable<string>? paths = null)
    {
        _client = new SimulatorClient(endpoint);
        _paths = paths?.ToHashSet(StringComparer.Ordinal);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ConfigurationFile>> ListAsync(string node, CancellationToken cancellationToken = default)
    {
        FileView[] files = await _client.GetAsync(
            "files/" + Uri.EscapeDataString(node), JsonContext.Default.FileViewArray, cancellationToken).ConfigureAwait(false);
        return
        [
            .. files.Where(file => _paths?.Contains(file.Path) ?? true).Select(file => new ConfigurationFile
            {
                Path = file.Path,
                Mode = file.Mode,
                Owner = file.Owner,
                Sha256 = file.Sha256,
                SizeBytes = file.SizeBytes,
                LinkTarget = file.LinkTarget,
            }),
        ];
    }

    /// <inheritdoc/>
    public async Task<ReadOnlyMemory<byte>> ReadAsync(string node, string path, CancellationToken cancellationToken = default)
    {
        using HttpResponseMessage answer = await _client.TryAsync(
            new HttpRequestMessage(HttpMethod.Get, Path(node, path)),
            cancellationToken).ConfigureAwait(false)
            ?? throw new KsmgException(Words.Get("simulator.no-file", path, node)) { Node = node };
        return await answer.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task WriteAsync(string node, ConfigurationFile file, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(file);
        var request = new HttpRequestMessage(HttpMethod.Put, Path(node, file.Path)) { Content = new ReadOnlyMemoryContent(content) };
        request.Headers.Add(FileHeaders.Mode, file.Mode);
        request.Headers.Add(FileHeaders.Owner, file.Owner);
        if (file.LinkTarget is not null)
        {
            request.Headers.Add(FileHeaders.LinkTarget, file.LinkTarget);
        }

        return _client.DropAsync(request, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<string?> GetPristineSha256Async(string node, string path, BuildNumber build, CancellationToken cancellationToken = default)
    {
        using HttpResponseMessage? answer = await _client.TryAsync(
            new HttpRequestMessage(HttpMethod.Get, $"pristine/{build}{Escape(path)}"),
            cancellationToken).ConfigureAwait(false);
        return answer is null ? null : (await answer.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false)).Trim();
    }

    /// <summary>Ends the connections.</summary>
    public void Dispose() => _client.Dispose();

    private static string Path(string node, string path) => "files/" + Uri.EscapeDataString(node) + Escape(path);

    private static string Escape(string path) => string.Join('/', path.Split('/').Select(Uri.EscapeDataString));
}
