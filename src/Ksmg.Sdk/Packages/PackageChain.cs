using System.Runtime.InteropServices;

namespace Ksmg.Sdk.Packages;

/// <summary>From which build to which a package leads.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Hop(BuildNumber From, BuildNumber To)
{
    private const string Prefix = "ksmg_upgrade_";
    public const string Extension = ".ktgz";

    /// <summary>Reads <c>ksmg_upgrade_&lt;from&gt;_&lt;to&gt;.ktgz</c>.</summary>
    public static Hop? Parse(string name)
    {
        if (!name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) || !name.EndsWith(Extension, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        string[] builds = name[Prefix.Length..^Extension.Length].Split('_');
        return builds is [string from, string to] && BuildNumber.TryParse(from, out BuildNumber f) && BuildNumber.TryParse(to, out BuildNumber t)
            ? new Hop(f, t)
            : null;
    }
}

/// <summary>
/// Puts packages into the order of their installation: by the builds in their names, or as the operator says. Nothing is guessed:
/// an order that cannot be told is refused.
/// </summary>
internal sealed class PackageChain(string path, UpdatePackageOptions options)
{
    /// <summary>The packages in order, each with its hop.</summary>
    /// <exception cref="PackageException">No order can be told, or the chain is broken, circular, or leads downwards.</exception>
    public IReadOnlyList<(PackageSource Source, Hop Hop)> Order(IReadOnlyList<PackageSource> candidates)
    {
        List<(PackageSource Source, Hop Hop)> chain = options.Files is not { Count: > 0 }
            ? OrderByName(candidates)
            : OrderByOperator([.. options.Files.Select(name => Find(candidates, name))]);

        for (int i = 0; i < chain.Count; i++)
        {
            (PackageSource source, Hop hop) = chain[i];
            if (hop.From >= hop.To)
            {
                throw source.Refuse(hop.From == hop.To
                    ? Words.Get("package.same-build", hop.From)
                    : Words.Get("package.downgrade", hop.From, hop.To));
            }

            // Two parts of one hop, in the operator's order, are a preliminary package and its main one.
            if (i > 0 && hop != chain[i - 1].Hop && hop.From != chain[i - 1].Hop.To)
            {
                throw source.Refuse(
                    Words.Get("package.gap", hop.From, chain[i - 1].Hop.To));
            }
        }

        CheckEnd("From (--from)", options.From, chain[0].Hop.From);
        CheckEnd("To (--to)", options.To, chain[^1].Hop.To);
        return chain;
    }

    private List<(PackageSource Source, Hop Hop)> OrderByName(IReadOnlyList<PackageSource> candidates)
    {
        if (candidates is [PackageSource single])
        {
            return OrderByOperator([single]);
        }

        List<(PackageSource Source, Hop Hop)> chain = [];
        foreach (PackageSource candidate in candidates)
        {
            chain.Add((candidate, Hop.Parse(NameOf(candidate)) ?? throw candidate.Refuse(Words.Get("package.builds-untold-among", List(candidates)))));
        }

        chain.Sort((a, b) => (a.Hop.From, a.Hop.To).CompareTo((b.Hop.From, b.Hop.To)));
        for (int i = 1; i < chain.Count; i++)
        {
            if (chain[i].Hop.From == chain[i - 1].Hop.From)
            {
                throw Among([chain[i - 1].Source, chain[i].Source]);
            }
        }

        return chain;
    }

    /// <summary>Packages without builds in their names take them from their neighbours, at the ends from the operator.</summary>
    private List<(PackageSource Source, Hop Hop)> OrderByOperator(List<PackageSource> sources)
    {
        Hop?[] named = [.. sources.Select(s => Hop.Parse(NameOf(s)))];
        List<(PackageSource Source, Hop Hop)> chain = [];
        for (int i = 0; i < sources.Count; i++)
        {
            if (named[i] is not Hop hop)
            {
                BuildNumber? from = Array.FindLast(named[..i], h => h is not null)?.To ?? options.From;
                BuildNumber? to = Array.Find(named[i..], h => h is not null)?.From ?? options.To;
                hop = from is BuildNumber f && to is BuildNumber t
                    ? new Hop(f, t)
                    : throw sources[i].Refuse(Words.Get("package.builds-untold"));
            }

            chain.Add((sources[i], hop));
        }

        return chain;
    }

    /// <summary>By its whole name or, where that is enough, by its name without folders; a bare KTGZ may have lain in any.</summary>
    private PackageSource Find(IReadOnlyList<PackageSource> candidates, string name)
    {
        string plain = ZipEntry.Plain(name);
        PackageSource[] found = [.. candidates.Where(c => plain == ZipEntry.Plain(c.Entry ?? NameOf(c)))];
        found = found.Length > 0 ? found : [.. candidates.Where(c => (c.Entry is null ? NameOf(name) : name) == NameOf(c))];
        return found switch
        {
            _ when options.Files!.Count(n => ZipEntry.Plain(n) == plain) > 1 => throw PackageSource.Refuse(path, name, Words.Get("package.named-twice")),
            [] => throw PackageSource.Refuse(path, name, Words.Get("package.not-among", List(candidates))),
            [PackageSource one] => one,
            _ => throw Among(found),
        };
    }

    /// <summary>Several, of which a person has to choose; where they have one name, no name tells them apart.</summary>
    private PackageException Among(PackageSource[] candidates) => candidates.DistinctBy(c => ZipEntry.Plain(c.Entry!)).Count() == 1
        ? candidates[0].Refuse(Words.Get("package.twice", candidates.Length))
        : PackageSource.Refuse(path, null, Words.Get("package.candidates", List(candidates)));

    private static string List(IEnumerable<PackageSource> candidates) =>
        string.Join(", ", candidates.Select(c => $"'{PackageSource.Printable(c.Entry ?? NameOf(c))}'"));

    private void CheckEnd(string option, BuildNumber? given, BuildNumber told)
    {
        if (given is BuildNumber build && build != told)
        {
            throw PackageSource.Refuse(path, null, Words.Get("package.told-otherwise", option, build, told));
        }
    }

    /// <summary>The file name without folders, whichever way the ZIP writes them.</summary>
    public static string NameOf(PackageSource source) => source.Entry is { } entry ? NameOf(entry) : Path.GetFileName(source.Path);

    private static string NameOf(string entry) => entry[(entry.AsSpan().LastIndexOfAny('/', '\\') + 1)..];
}
