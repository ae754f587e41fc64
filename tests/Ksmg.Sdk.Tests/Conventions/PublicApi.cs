using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Ksmg.Sdk.Tests.Conventions;

/// <summary>Writes the public surface of an assembly as text, one member a line, in an order that does not depend on the source.</summary>
internal static class PublicApi
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void",
        [typeof(bool)] = "bool",
        [typeof(int)] = "int",
        [typeof(long)] = "long",
        [typeof(double)] = "double",
        [typeof(string)] = "string",
        [typeof(object)] = "object",
        [typeof(byte)] = "byte",
        [typeof(char)] = "char",
        [typeof(ushort)] = "ushort",
    };

    public static IEnumerable<string> Describe(Assembly assembly) =>
        assembly.GetExportedTypes().OrderBy(type => type.FullName, StringComparer.Ordinal).SelectMany(type =>
            Members(type)
                .Distinct()
                .Order(StringComparer.Ordinal)
                .Select(member => $"{Qualified(type)}: {member}")
                .Prepend($"{Kind(type)} {Qualified(type)}{Bases(type)}"));

    private static IEnumerable<string> Members(Type type)
    {
        if (type.IsEnum)
        {
            return Enum.GetNames(type).Select(
                name => string.Create(CultureInfo.InvariantCulture, $"{name} = {Convert.ToInt64(Enum.Parse(type, name), CultureInfo.InvariantCulture)}"));
        }

        NullabilityInfoContext nullability = new();
        return type.GetFields(Declared).Where(field => (field.IsPublic || field.IsFamily) && !IsGenerated(field))
                .Select(
                    field => field.IsLiteral
                        ? $"const {Name(field.FieldType)} {field.Name} = {Literal(field.GetRawConstantValue())}"
                        : $"field {Name(field.FieldType)} {field.Name}")
            .Concat(type.GetConstructors(Declared).Where(c => IsVisible(c) && !IsGenerated(c) && !IsCopyConstructor(c))
                .Select(c => $"{Access(c)}new({Parameters(c, nullability)})"))
            .Concat(type.GetProperties(Declared).Where(p => p.GetAccessors(nonPublic: true).Any(IsVisible) && p.Name != "EqualityContract")
                .Select(
                    p => $"{Modifiers(p.GetAccessors(nonPublic: true).First(IsVisible))}{Annotated(p.PropertyType, nullability.Create(p))} {p.Name}{Index(p, nullability)} {{ {Accessors(p)} }}"))
            .Concat(type.GetMethods(Declared).Where(m => IsVisible(m) && !m.IsSpecialName && !IsGenerated(m) && m.Name != "<Clone>$")
                .Select(
                    m => $"{Modifiers(m)}{Annotated(m.ReturnType, nullability.Create(m.ReturnParameter))} {m.Name}{Generic(m)}({Parameters(m, nullability)})"))
            .Concat(type.GetMethods(Declared).Where(m => m.IsSpecialName && m.Name.StartsWith("op_", StringComparison.Ordinal) && !IsGenerated(m))
                .Select(m => $"{m.Name}({Parameters(m, nullability)})"));
    }

    private static string Kind(Type type) => type switch
    {
        { IsEnum: true } => "enum",
        { IsInterface: true } => "interface",
        { IsValueType: true } => "struct",
        { IsAbstract: true, IsSealed: true } => "static class",
        _ when type.GetMethod("<Clone>$") is not null => type.IsSealed ? "sealed record" : "record",
        { IsAbstract: true } => "abstract class",
        { IsSealed: true } => "sealed class",
        _ => "class",
    };

    private static string Bases(Type type)
    {
        IEnumerable<Type> inherited = type.BaseType?.GetInterfaces() ?? [];
        IEnumerable<string> bases = type.IsEnum || type.IsValueType ? [] : new[] { type.BaseType }.OfType<Type>().Where(b => b != typeof(object)).Select(Name);
        IEnumerable<Type> own = type.IsEnum ? [] : type.GetInterfaces().Except(inherited).Where(i => i.IsVisible);
        string[] all = [.. bases, .. own.Select(Name).Order(StringComparer.Ordinal)];
        return all.Length == 0 ? string.Empty : " : " + string.Join(", ", all);
    }

    private static string Parameters(MethodBase method, NullabilityInfoContext nullability) => string.Join(", ", method.GetParameters().Select(p =>
        (p.IsDefined(typeof(ParamArrayAttribute)) ? "params " : p.Position == 0 && method.IsDefined(typeof(ExtensionAttribute)) ? "this " : string.Empty)
        + (p.IsOut ? "out " : p.ParameterType.IsByRef ? "ref " : string.Empty)
        + Annotated(p.ParameterType, nullability.Create(p)) + " " + p.Name
        + (p.HasDefaultValue ? " = " + Literal(p.DefaultValue) : string.Empty)));

    private static string Annotated(Type type, NullabilityInfo info) => Name(type, info)
        + (!type.IsValueType && (info.ReadState == NullabilityState.Nullable || info.WriteState == NullabilityState.Nullable) ? "?" : string.Empty);

    private static string Name(Type type) => Name(type, info: null);

    /// <summary>The name, with what may be null inside of it where that is known.</summary>
    private static string Name(Type type, NullabilityInfo? info)
    {
        if (type.IsByRef)
        {
            return Name(type.GetElementType()!, info);
        }

        if (type.IsArray)
        {
            return Inner(type.GetElementType()!, info?.ElementType) + "[]";
        }

        if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            return Name(underlying) + "?";
        }

        if (Keywords.TryGetValue(type, out string? keyword))
        {
            return keyword;
        }

        string name = type.IsNested && !type.IsGenericParameter ? Name(type.DeclaringType!) + "." + type.Name : type.Name;
        return type.IsGenericType
            ? $"{name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select((argument, i) => Inner(argument, info?.GenericTypeArguments.ElementAtOrDefault(i))))}>"
            : name;

        static string Inner(Type inner, NullabilityInfo? info) => info is null ? Name(inner) : Annotated(inner, info);
    }

    private static string Qualified(Type type) => type.Namespace + "." + Name(type);

    private static string Generic(MethodInfo method) =>
        method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(Name))}>" : string.Empty;

    private static string Index(PropertyInfo property, NullabilityInfoContext nullability) =>
        property.GetIndexParameters().Length == 0 ? string.Empty : $"[{Parameters(property.GetMethod!, nullability)}]";

    private static string Accessors(PropertyInfo property) => string.Join(' ', new[]
    {
        property.IsDefined(typeof(RequiredMemberAttribute)) ? "required;" : null,
        property.GetMethod is { } getter && IsVisible(getter) ? "get;" : null,
        property.SetMethod is { } setter && IsVisible(setter)
            ? setter.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) ? "init;" : "set;"
            : null,
    }.OfType<string>());

    private static string Access(MethodBase method) => method.IsPublic ? string.Empty : "protected ";

    private static string Modifiers(MethodInfo method) =>
        Access(method) + (method.IsStatic ? "static " : method.DeclaringType!.IsInterface ? string.Empty
            : method.IsAbstract ? "abstract "
            : method.GetBaseDefinition() != method ? "override "
            : method is { IsVirtual: true, IsFinal: false } ? "virtual " : string.Empty);

    private static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static bool IsGenerated(MemberInfo member) => member.IsDefined(typeof(CompilerGeneratedAttribute)) && member is not PropertyInfo;

    private static bool IsCopyConstructor(ConstructorInfo constructor) =>
        constructor.GetParameters() is [var only] && only.ParameterType == constructor.DeclaringType;

    private static string Literal(object? value) => value switch
    {
        null => "default",
        string text => $"\"{text}\"",
        bool flag => flag ? "true" : "false",
        Enum name => $"{name.GetType().Name}.{name}",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };
}
