using System.Globalization;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.FileSystemGlobbing;

namespace Ksmg.Sdk.Fleet;

/// <summary>What a <c>fleet.json</c> leads to: the files of its clusters, their labels, waves and windows. Every mistake is found.</summary>
internal sealed class FleetFileReader(string folder, IConfigurationSection section, FleetOptions options, SectionMistakes mistakes)
{
    private const string DefaultWave = "all";

    private readonly List<FleetFileCluster> _clusters = [];
    private readonly Dictionary<string, string> _places = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, string> _addresses = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether the file itself was understood: waves and windows that were not cannot be held against clusters.</summary>
    private readonly bool _isUnderstood = mistakes.IsEmpty;

    public IReadOnlyList<FleetFileCluster> Read()
    {
        CheckStore();
        CheckNames();
        for (int i = 0; i < options.Clusters.Count; i++)
        {
            IConfigurationSection place = Place(nameof(options.Clusters), i);
            foreach (string file in FilesOf(options.Clusters[i], place))
            {
                AddCluster(file, options.Clusters[i], place);
            }
        }

        if (options.Clusters.Count == 0)
        {
            mistakes.Add(section.GetSection(nameof(options.Clusters)), Words.Get("fleet-file.no-clusters"));
        }

        if (_isUnderstood)
        {
            PutIntoWaves();
        }

        return _isUnderstood && options.Part is { } shard ? TakeShard(shard) : _clusters;
    }

    /// <summary>Those of its part: waves are cut from the whole before, so that each part has the same ones.</summary>
    private IReadOnlyList<FleetFileCluster> TakeShard(FleetShard shard)
    {
        IConfigurationSection place = section.GetSection(nameof(options.Shard));
        if (options.MaxConcurrent < shard.Of)
        {
            mistakes.Add(place, Words.Get("fleet-file.many-shards", nameof(options.MaxConcurrent), options.MaxConcurrent));
        }

        IReadOnlyList<FleetFileCluster> clusters = shard.Take(_clusters, c => c.Name, c => c.Labels, options.NeverTogether);
        if (clusters.Count == 0)
        {
            mistakes.Add(place, Words.Get("fleet-file.empty-shard"));
        }

        return clusters;
    }

    private void CheckStore()
    {
        FleetStoreOptions store = options.Store;
        IConfigurationSection place = section.GetSection(nameof(options.Store));
        bool isDatabase = store.Kind == FleetStoreKind.PostgreSql;
        string[] others = isDatabase
            ? [nameof(store.Path)]
            : [nameof(store.ConnectionStringFile), .. (string[])["Schema", "PasswordFile", "PasswordEnvironment", "PasswordCommand"]];
        foreach (string other in others.Where(name => place.GetSection(name).Exists()))
        {
            mistakes.Add(place.GetSection(other), Words.Get("fleet-file.other-store", store.Kind));
        }

        store.Path = FullPath(store.Path);
        store.ConnectionStringFile = store.ConnectionStringFile is { Length: > 0 } file ? FullPath(file) : null;
        store.Postgres.PasswordFile = store.Postgres.PasswordFile is { Length: > 0 } password ? FullPath(password) : null;
        if (!isDatabase)
        {
            return;
        }

        if (store.ConnectionStringFile is null)
        {
            mistakes.Add(place, Words.Get("fleet-file.needs-connection", nameof(store.ConnectionStringFile)));
        }
        else if (!File.Exists(store.ConnectionStringFile))
        {
            mistakes.Add(place.GetSection(nameof(store.ConnectionStringFile)), Words.Get("fleet-file.no-file", store.ConnectionStringFile));
        }

        if (store.Postgres.Password is { Count: > 0, Mistake: { } mistake })
        {
            mistakes.Add(place, mistake);
        }
    }

    private void CheckNames()
    {
        foreach (IGrouping<string, FleetWaveOptions> same in options.Waves.Where(w => w.Name.Length > 0).GroupBy(w => w.Name).Where(g => g.Count() > 1))
        {
            mistakes.Add(section.GetSection(nameof(options.Waves)), Words.Get("fleet-file.wave-twice", same.Key));
        }
    }

    /// <summary>The files of an entry, always in the same order.</summary>
    private string[] FilesOf(FleetClusterOptions entry, IConfigurationSection place)
    {
        if (entry.File is { Length: > 0 } file && entry.Files is null)
        {
            return [FullPath(file)];
        }

        if (entry is not { File: null, Files: { Length: > 0 } pattern })
        {
            mistakes.Add(place, Words.Get("fleet-file.file-or-files"));
            return [];
        }

        // The pattern's own folders begin where its first star stands: before that it may lead anywhere.
        string[] parts = pattern.Split('/', '\\');
        string[] plain = [.. parts.TakeWhile(part => !part.Contains('*', StringComparison.Ordinal)).Take(parts.Length - 1)];
        string start = FullPath(string.Join('/', plain) is { Length: > 0 } below ? below : pattern[0] is '/' or '\\' ? "/" : ".");
        Matcher matcher = new(StringComparison.Ordinal);
        matcher.AddInclude(string.Join('/', parts[plain.Length..]));
        string[] files = Directory.Exists(start) ? [.. matcher.GetResultsInFullPath(start).Order(StringComparer.Ordinal)] : [];
        if (files.Length == 0)
        {
            mistakes.Add(place.GetSection(nameof(entry.Files)), Words.Get("fleet-file.no-match", SectionMistakes.Show(pattern)));
        }

        return files;
    }

    private void AddCluster(string path, FleetClusterOptions entry, IConfigurationSection place)
    {
        string shown = Path.GetRelativePath(folder, path);
        int before = mistakes.Failures.Count;
        ClusterFile file;
        try
        {
            file = ClusterFile.Load(path);
        }
        catch (Exception e) when (e is FileNotFoundException or InvalidDataException)
        {
            mistakes.Add(place, e.Message);
            return;
        }

        IConfigurationSection cluster = file.Section;
        KsmgOptions read = new();
        UpgradePolicyOptions policy = new();
        SectionMistakes own = new();
        KsmgOptions.Shape.Read(cluster, read, own);
        UpgradePolicyOptions.Shape.Read(cluster.GetSection("Policy"), policy, own);
        MaintenanceWindowOptions[] windows = [.. WindowsOf(entry.Labels).Select(i => options.Windows[i].Window)];
        foreach (string mistake in own.Failures)
        {
            mistakes.Add(place, $"{shown}: {file.WithOrigin(mistake)}");
        }

        if (policy.Windows.Count > 0 && windows.Length > 0)
        {
            string given = Place(nameof(options.Windows), WindowsOf(entry.Labels).First()).Path;
            mistakes.Add(place, Words.Get("fleet-file.two-windows", shown, nameof(policy.Windows), given));
        }
        else if (windows.Length > 0)
        {
            policy.Windows = windows;
        }

        CheckIdentity(read, shown, place);
        if (!_isUnderstood || mistakes.Failures.Count > before)
        {
            return;
        }

        _clusters.Add(new FleetFileCluster(file, windows)
        {
            Path = path,
            Owner = new RunOwner(read.Name, [.. read.Nodes.Select(n => new RunOwnerNode(n.Name!, n.Address, n.ClusterAddress))]),
            Labels = entry.Labels.ToDictionary(StringComparer.Ordinal),
            Policy = policy.ToPolicy(),
        });
    }

    /// <summary>A name is a cluster's alone, and so is a node.</summary>
    private void CheckIdentity(KsmgOptions read, string shown, IConfigurationSection place)
    {
        if (!FleetOptions.IsName(read.Name))
        {
            mistakes.Add(place, Words.Get("fleet-file.cluster-name", shown, SectionMistakes.Show(read.Name), Words.Get("fleet-file.form-name")));
        }
        else if (!_places.TryAdd(read.Name, shown))
        {
            mistakes.Add(place, Words.Get("fleet-file.name-twice", read.Name, _places[read.Name], shown));
        }

        foreach (KsmgNodeOptions node in read.Nodes)
        {
            if (node.Name is null || node.Address is null)
            {
                mistakes.Add(place, Words.Get("fleet-file.node", shown));
            }
            else if (!_addresses.TryAdd(node.Address.AbsoluteUri, shown) && _addresses[node.Address.AbsoluteUri] != shown)
            {
                mistakes.Add(place, Words.Get("fleet-file.node-twice", node.Address, _addresses[node.Address.AbsoluteUri], shown));
            }
        }
    }

    private IEnumerable<int> WindowsOf(IDictionary<string, string> labels) =>
        Enumerable.Range(0, options.Windows.Count).Where(i => Matches(options.Windows[i].Match, labels));

    private void PutIntoWaves()
    {
        if (options.Waves.Count == 0)
        {
            options.Waves.Add(new FleetWaveOptions { Name = DefaultWave });
        }

        List<FleetFileCluster> left = [.. _clusters];
        foreach (FleetWaveOptions wave in options.Waves)
        {
            FleetFileCluster[] matching = [.. left.Where(c => Matches(wave.Match, c.Labels))];
            int share = (int)Math.Ceiling(matching.Length * wave.Percent / 100.0);
            foreach (FleetFileCluster cluster in matching.Take(share))
            {
                cluster.Wave = wave.Name;
                left.Remove(cluster);
            }
        }

        if (left.Count > 0)
        {
            mistakes.Add(section.GetSection(nameof(options.Waves)), Words.Get("fleet-file.no-wave", string.Join(", ", left.Select(c => c.Name))));
        }
    }

    private static bool Matches(IDictionary<string, string> match, IEnumerable<KeyValuePair<string, string>> labels) =>
        match.All(wanted => labels.Contains(wanted));

    private IConfigurationSection Place(string list, int index) =>
        section.GetSection(string.Create(CultureInfo.InvariantCulture, $"{list}:{index}"));

    private string FullPath(string path) => Path.GetFullPath(path, folder);
}
