using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Ksmg.Sdk.Fleet;

/// <summary>A <c>fleet.json</c> with the files of its clusters, each read and found good.</summary>
public sealed class FleetFile
{
    internal const string Root = "Fleet";

    private FleetFile(string path, FleetOptions options, IReadOnlyList<FleetFileCluster> clusters)
    {
        Path = path;
        Options = options;
        Clusters = clusters;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The name of the fleet.</summary>
    public string Name => Options.Name;

    /// <summary>What the file says, its paths made absolute.</summary>
    public FleetOptions Options { get; }

    /// <summary>Its clusters, in the order of the file.</summary>
    public IReadOnlyList<FleetFileCluster> Clusters { get; }

    /// <summary>Reads a file, and each cluster's. No node is asked.</summary>
    /// <param name="path">The file; relative paths in it count from its folder.</param>
    /// <exception cref="FileNotFoundException">The file is missing.</exception>
    /// <exception cref="InvalidDataException">It is no such file; the message says where and why, in one line.</exception>
    /// <exception cref="OptionsValidationException">It cannot be used; <see cref="OptionsValidationException.Failures"/> holds every mistake.</exception>
    public static FleetFile Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        path = System.IO.Path.GetFullPath(path);
        IConfigurationSection section = ClusterFile.Read(path, Words.Get("fleet-file.name"), Root).GetSection(Root);
        if (!section.Exists())
        {
            throw new InvalidDataException(Words.Get("fleet-file.no-section", path, Root));
        }

        FleetOptions options = new();
        SectionMistakes mistakes = new();
        FleetOptions.Shape.Read(section, options, mistakes);
        FleetFileReader reader = new(System.IO.Path.GetDirectoryName(path)!, section, options, mistakes);
        IReadOnlyList<FleetFileCluster> clusters = reader.Read();
        mistakes.ThrowIfAny(typeof(FleetOptions));
        return new FleetFile(path, options, clusters);
    }

    /// <summary>The cluster of a name; <see langword="null"/>: there is none.</summary>
    public FleetFileCluster? Find(string name) => Clusters.FirstOrDefault(c => c.Name == name);

    /// <summary>Makes each cluster once, and lets it go: every mistake of every adapter is found. No node is asked.</summary>
    /// <param name="configure">What the files cannot say, such as dialects and kinds of adapters of your own.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="OptionsValidationException">One cannot be made; every mistake is named with its file.</exception>
    public async Task CheckAsync(Action<KsmgBuilder>? configure = null, CancellationToken cancellationToken = default)
    {
        List<string> mistakes = [];
        foreach (FleetFileCluster cluster in Clusters)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                await ConfiguredCluster.Create(
                    cluster.Section,
                    builder =>
                    {
                        configure?.Invoke(builder);
                        builder.AddConfiguredUpgrade();
                    }).DisposeAsync().ConfigureAwait(false);
            }
            catch (OptionsValidationException e)
            {
                mistakes.AddRange(e.Failures.Select(mistake => $"{cluster.Path}: {cluster.WithOrigin(mistake)}"));
            }
        }

        if (mistakes.Count > 0)
        {
            throw new OptionsValidationException(Name, typeof(FleetOptions), mistakes);
        }
    }
}
