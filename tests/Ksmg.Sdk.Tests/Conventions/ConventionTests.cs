using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Ksmg.Sdk.Fleet;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Simulator;
using Ksmg.Web;
using Microsoft.Extensions.DependencyInjection;

namespace Ksmg.Sdk.Tests.Conventions;

/// <summary>The house style, as far as a machine can check it.</summary>
public sealed partial class ConventionTests
{
    private static readonly Assembly[] Shipped =
    [
        typeof(KsmgCluster).Assembly, typeof(HaProxyOptions).Assembly, typeof(SimulatedCluster).Assembly, typeof(KsmgWebOptions).Assembly,
        typeof(PostgresStoreOptions).Assembly, typeof(KsmgWebFleetServiceCollectionExtensions).Assembly,
    ];

    private static readonly string[] Clocked = ["State", "Deciding", "Driving", "World", "Steps", "Observing"];

    public static TheoryData<string> ShippedNames => [.. Shipped.Select(assembly => assembly.GetName().Name!)];

    [Fact]
    public void Classes_that_users_may_replace_are_virtual_throughout()
    {
        var offenders =
            from type in Types()
            where type.IsClass && !type.IsSealed && !type.IsAbstract && !type.IsSubclassOf(typeof(Exception))
            from member in type.GetMethods(DeclaredInstance).Where(method => !method.IsVirtual).Select(method => $"{type.Name}.{method.Name} is not virtual")
                .Concat(
                    type.GetConstructors(BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public)
                        .Any(c => (c.IsFamily || c.IsPublic) && c.GetParameters().Length == 0)
                    ? []
                    : [$"{type.Name} has no parameterless constructor for test doubles"])
            select member;

        Assert.Empty(offenders);
    }

    [Fact]
    public void What_is_awaited_is_called_Async_and_nothing_else_is()
    {
        var offenders =
            from method in Methods()
            where IsAwaited(method.ReturnType) != method.Name.EndsWith("Async", StringComparison.Ordinal)
            select Name(method);

        Assert.Empty(offenders);
    }

    [Fact]
    public void A_cancellation_token_comes_last_and_may_be_left_out()
    {
        var offenders =
            from method in Methods()
            where IsAwaited(method.ReturnType) && method.Name != nameof(IAsyncDisposable.DisposeAsync)
            let last = method.GetParameters().LastOrDefault()
            where last?.ParameterType != typeof(CancellationToken) || !last.HasDefaultValue
            select Name(method);

        Assert.Empty(offenders);
    }

    [Fact]
    public void What_a_run_limits_is_counted_on_its_own_clock_and_not_on_the_wall_clock()
    {
        var offenders =
            from folder in Clocked
            from path in Repository.Files("src/Ksmg.Sdk/Upgrades/" + folder, "*.cs")
            where Path.GetFileName(path) != "RunClock.cs"
            from line in File.ReadAllLines(Repository.PathOf(path))
            where line.Contains("UtcNow", StringComparison.Ordinal)
            select $"{Path.GetFileName(path)}: {line.Trim()}";

        Assert.Empty(offenders);
    }

    /// <summary>The runner calls <see cref="IDisposable"/> and <see cref="IAsyncLifetime"/>, and nothing else: folders and servers would stay.</summary>
    [Fact]
    public void What_a_class_of_tests_leaves_is_tidied_up()
    {
        var offenders =
            from type in typeof(ConventionTests).Assembly.GetExportedTypes()
            where typeof(IAsyncDisposable).IsAssignableFrom(type) && !typeof(IAsyncLifetime).IsAssignableFrom(type)
                && type.GetMethods().Any(method => method.IsDefined(typeof(FactAttribute), inherit: true))
            select type.Name;

        Assert.Empty(offenders);
    }

    [Fact]
    public void Records_are_sealed()
    {
        var offenders =
            from type in Types()
            where type.GetMethod("<Clone>$") is not null && !type.IsSealed
            select type.Name;

        Assert.Empty(offenders);
    }

    [Fact]
    public void Each_public_type_stands_in_a_file_of_its_name()
    {
        var offenders =
            from type in Types()
            where !type.IsNested
            let file = type.Name.Split('`')[0] + ".cs"
            where Repository.Files("src/" + type.Assembly.GetName().Name, "*.cs").Count(path => Path.GetFileName(path) == file) != 1
            select type.FullName;

        Assert.Empty(offenders);
    }

    [Theory]
    [MemberData(nameof(ShippedNames))]
    public void Everything_public_is_documented(string assembly)
    {
        // The file holds internal members too; the compiler already insists on a comment, this insists that it says something.
        ILookup<string, XElement> members = XDocument.Load(Path.Combine(AppContext.BaseDirectory, assembly + ".xml")).Descendants("member")
            .ToLookup(member => member.Attribute("name")!.Value[2..].Split('(')[0]);
        var undocumented =
            from type in Types()
            where type.Assembly.GetName().Name == assembly
            let name = type.FullName!.Replace('+', '.')
            from member in type.GetMembers(DeclaredInstance | BindingFlags.Static).Where(
                member => member is MethodInfo { IsSpecialName: false } or PropertyInfo or FieldInfo)
                .Select(member => $"{name}.{member.Name}").Where(members.Contains).Prepend(name).Distinct()
            where !members[member].Any() || !members[member].All(IsDocumented)
            select member;

        Assert.Empty(undocumented);
    }

    [Fact]
    public void The_product_rests_on_nothing_above_it()
    {
        Assert.Empty(OurReferences("Ksmg.Sdk"));
        Assert.Equal(["Ksmg.Sdk"], OurReferences("Ksmg.Sdk.Dialects"));
        Assert.Equal(["Ksmg.Sdk", "Ksmg.Sdk.Infrastructure"], OurReferences("Ksmg.Sdk.Fleet"));
        Assert.Equal(["Ksmg.Sdk"], OurReferences("Ksmg.Sdk.Infrastructure"));
        Assert.Equal(["Ksmg.Sdk"], OurReferences("Ksmg.Simulator"));
        Assert.Equal(["Ksmg.Sdk"], OurReferences("Ksmg.Web"));
        Assert.Equal(["Ksmg.Sdk.Fleet", "Ksmg.Web"], OurReferences("Ksmg.Web.Fleet"));

        static IEnumerable<string> OurReferences(string project) =>
            XDocument.Load(Repository.PathOf("src", project, project + ".csproj")).Descendants("ProjectReference")
                .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/')));
    }

    [Theory]
    [InlineData(@"\bDateTime(Offset)?\.(Now|UtcNow|Today)\b", "time comes from the TimeProvider")]
    [InlineData(@"\bThread\.Sleep\b", "nothing blocks a thread to wait")]
    [InlineData(@"\bStopwatch\b", "durations come from TimeProvider.GetTimestamp")]
    [InlineData(@"\bTask\.Delay\((?![^;]*([tT]ime|provider|clock))", "a delay names its TimeProvider")]
    [InlineData(@"new PeriodicTimer\([^,()]*(\([^)]*\))?[^,()]*\)", "a timer names its TimeProvider")]
    [InlineData(@"DangerousAcceptAnyServerCertificateValidator|ValidationCallback\s*(=|\+=)\s*\(?[^;]*=>\s*true\b", "a certificate is always checked")]
    [InlineData(@"CS1591|#pragma warning disable", "rules hold everywhere")]
    [InlineData(@"\b(TODO|FIXME|HACK)\b|NotImplementedException", "nothing is left half done")]
    public void The_source_holds_no(string pattern, string because)
    {
        var hits =
            from path in Repository.Files("src", "*.cs").Concat(Repository.Files("samples", "*.cs"))
            from line in File.ReadLines(Repository.PathOf(path)).Select((text, i) => (Text: text, Number: i + 1))
            where !line.Text.TrimStart().StartsWith("//", StringComparison.Ordinal)
                && Regex.IsMatch(line.Text, pattern, RegexOptions.None, TimeSpan.FromSeconds(5))
            select $"{path}:{line.Number}: {because}: {line.Text.Trim()}";

        Assert.Empty(hits);
    }

    [Theory]
    [InlineData("src")]
    [InlineData("samples")]
    [InlineData("tests")]
    [InlineData("benchmarks")]
    public void Usings_stand_in_order_with_those_of_the_framework_first(string folder)
    {
        Regex directive = new(@"^using (?<name>[\w.]+);$", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(5));
        var offenders =
            from path in Repository.Files(folder, "*.cs")
            let used = File.ReadAllLines(Repository.PathOf(path)).Select(line => directive.Match(line)).Where(match => match.Success)
            let names = used.Select(match => match.Groups["name"].Value)
            where !names.SequenceEqual(
                names.OrderBy(name => name != nameof(System) && !name.StartsWith("System.", StringComparison.Ordinal))
                    .ThenBy(name => name, StringComparer.OrdinalIgnoreCase))
            select path;

        Assert.Empty(offenders);
    }

    /// <summary>Not in the folder of demonstrations: they speak to the control URL of their own simulator, in the clear.</summary>
    [Fact]
    public void A_client_is_told_whom_it_trusts()
    {
        Regex bare = new(@"new HttpClient\b(?!\(.*Handler)|HttpClient \w+ = new\((?!.*Handler)|new SslStream\b", RegexOptions.None, TimeSpan.FromSeconds(5));
        var hits =
            from path in Repository.Files("src", "*.cs")
            where !path.StartsWith("src/Ksmg.Cli/Demo/", StringComparison.Ordinal)
            from line in File.ReadLines(Repository.PathOf(path)).Select((text, i) => (Text: text, Number: i + 1))
            where bare.IsMatch(line.Text)
            select $"{path}:{line.Number}: {line.Text.Trim()}";

        Assert.Empty(hits);
    }

    [Theory]
    [InlineData(@"""[SR]\d+[ab]?(/|"")", "src", "StepId.cs", "the number of a step is a StepId")]
    [InlineData(@"\b(\w*([kK]ey|[sS]tep)|k)[!?]*\.(Split|IndexOf|LastIndexOf|StartsWith)\(['""]/", "src", "StepKey.cs", "a key is read by StepKey")]
    public void The_steps_stand_in_one_place(string pattern, string folder, string place, string because)
    {
        var hits =
            from path in Repository.Files(folder, "*.cs")
            where Path.GetFileName(path) != place
            from line in File.ReadLines(Repository.PathOf(path)).Select((text, i) => (Text: text, Number: i + 1))
            where !line.Text.TrimStart().StartsWith("//", StringComparison.Ordinal)
                && Regex.IsMatch(line.Text, pattern, RegexOptions.None, TimeSpan.FromSeconds(5))
            select $"{path}:{line.Number}: {because}: {line.Text.Trim()}";

        Assert.Empty(hits);
    }

    /// <summary>Over several files the generator writes them in an order that changes from build to build.</summary>
    [Fact]
    public void The_messages_a_library_logs_are_declared_in_one_file() =>
        Assert.Equal(
            ["src/Ksmg.Sdk.Fleet/Driving/Log.Fleet.cs", "src/Ksmg.Sdk/Telemetry/Log.cs"],
            Repository.Files("src", "*.cs").Where(path => File.ReadAllText(Repository.PathOf(path)).Contains("[LoggerMessage(")));

    [Theory]
    [InlineData("Plan")]
    [InlineData("State")]
    [InlineData("Steps")]
    [InlineData("Deciding")]
    [InlineData("Planning")]
    [InlineData("Telling")]
    [InlineData("Driving")]
    [InlineData("Observing")]
    public void A_room_of_the_upgrade_is_read_without_scrolling_sideways(string room)
    {
        var lines =
            from path in Repository.Files("src/Ksmg.Sdk/Upgrades/" + room, "*.cs")
            from line in File.ReadLines(Repository.PathOf(path)).Select((text, i) => (Text: text, Number: i + 1))
            select (line.Text, Where: $"{path}:{line.Number}");
        var chained = lines.Where(line => ChainedCondition().IsMatch(line.Text));
        var tooMany = Repository.Files("src/Ksmg.Sdk/Upgrades/" + room, "*.cs").Where(path => File.ReadLines(Repository.PathOf(path)).Count() > 500);

        Assert.Empty(chained.Select(line => $"{line.Where}: control flow is a table, an if or a switch"));
        Assert.Empty(tooMany);
    }

    /// <summary>A text that cannot be broken stands alone on its line, or within a text of several; all else is broken before it runs out of sight.</summary>
    [Theory]
    [InlineData("src")]
    [InlineData("samples")]
    [InlineData("benchmarks")]
    [InlineData("tests")]
    public void No_line_is_over_160_columns(string folder)
    {
        var tooLong =
            from path in Repository.Files(folder, "*.cs")
            let lines = File.ReadAllLines(Repository.PathOf(path))
            where lines.Any(IsTooLong)
            let texts = SourceTexts.Read(string.Join('\n', lines)).Texts.Select(text => (text.Line, Breaks: text.Value.Count(c => c == '\n'))).ToArray()
            from line in lines.Select((text, i) => (Text: text, Number: i + 1))
            where IsTooLong(line.Text) && !texts.Any(text => text.Line < line.Number && line.Number < text.Line + text.Breaks)
            select $"{path}:{line.Number}";

        Assert.Empty(tooLong);

        static bool IsTooLong(string line) =>
            line.Length > 160 && line.Trim().Length - Text().Matches(line).Select(match => match.Length).DefaultIfEmpty().Max() > 20;
    }

    [Fact]
    public void No_file_knows_the_machine_it_was_written_on()
    {
        string[] patterns = ["*.cs", "*.md", "*.json", "*.props", "*.csproj", "*.sh", "*.config", "*.resx", "*.yml"];
        var hits =
            from pattern in patterns
            from path in Repository.Files(".", pattern)
            from line in File.ReadLines(Repository.PathOf(path)).Select((text, i) => (Text: text, Number: i + 1))
            where MachinePath().IsMatch(line.Text)
            select $"{path}:{line.Number}: {line.Text.Trim()}";

        Assert.Empty(hits);
        Assert.Empty(XDocument.Load(Repository.PathOf("nuget.config")).Descendants("packageSources"));
    }

    [Fact]
    public void The_readme_is_read_in_one_sitting() =>
        Assert.InRange(File.ReadAllLines(Repository.PathOf("README.md")).Length, 60, 300);

    [Theory]
    [InlineData("samples/Ksmg.Samples.Console")]
    [InlineData("samples/Ksmg.Samples.Worker")]
    public void A_sample_fits_on_three_screens(string folder) =>
        Assert.InRange(Repository.Files(folder, "*.cs").Sum(path => File.ReadLines(Repository.PathOf(path)).Count()), 30, 150);

    private const BindingFlags DeclaredInstance = BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    private static IEnumerable<Type> Types() => Shipped.SelectMany(assembly => assembly.GetExportedTypes());

    private static IEnumerable<MethodInfo> Methods() =>
        Types().SelectMany(type => type.GetMethods(DeclaredInstance | BindingFlags.Static)).Where(method => !method.IsSpecialName);

    private static string Name(MethodInfo method) => $"{method.DeclaringType!.Name}.{method.Name}";

    private static bool IsAwaited(Type type) =>
        type == typeof(Task) || type == typeof(ValueTask)
        || (type.IsGenericType
            && type.GetGenericTypeDefinition() is var open
            && (open == typeof(Task<>) || open == typeof(ValueTask<>) || open == typeof(IAsyncEnumerable<>)));

    private static bool IsDocumented(XElement member) =>
        member.Element("inheritdoc") is not null || !string.IsNullOrWhiteSpace(member.Element("summary")?.Value);

    [GeneratedRegex("""
        [$@]*"{3,}.*?"{3,}|[$@]*"(?:\\.|\{[^}]*\}|[^"\\])*"
        """, RegexOptions.None, 10_000)]
    private static partial Regex Text();

    [GeneratedRegex("""^\s+: ([^"()]|\([^()]*\))* \? """, RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex ChainedCondition();

    [GeneratedRegex("""(?<![\w.])(/wor[k]/|/roo[t]/|/hom[e]/[a-z]|[A-Z]:\\\\?User[s]\\)""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex MachinePath();
}
