"""What passwords and personal data are called in other languages: the names of fields that forms and tables have there.

Written by hand, from common usage: it is not copied from a list, and nobody who speaks all of these has read it.
Lists of the same kind to compare it with: the field names that browsers' autofill knows by language, the authorities'
own names for the numbers of persons (as in :mod:`numbers`).
"""

from __future__ import annotations

__all__ = ["ADDRESSES", "OF_TABLES", "PERSONS", "SECRETS"]

#: By language; words of one name are joined by ``_``.
SECRETS = """
de passwort kennwort losungswort geheimnis geheimzahl zugangscode zugangsdaten zugangsschlüssel
fr mot_de_passe mot_passe mdp code_secret clé_secrète clé_api code_confidentiel jeton_accès
es contraseña clave clave_secreta clave_acceso clave_api secreto código_seguridad
pt senha palavra_passe segredo chave_secreta chave_acesso chave_api
it parola_ordine parola_accesso parola_segreta chiave_segreta chiave_api codice_segreto codice_accesso
nl wachtwoord toegangscode geheime_sleutel pincode
ca contrasenya paraula_de_pas
gl contrasinal
eu pasahitza
sv lösenord lösen kodord
da adgangskode kodeord
no passord
fi salasana tunnussana
is lykilorð
et parool salasõna
lv parole
lt slaptažodis
pl hasło
cs heslo přístupové_heslo
hu jelszó
ro parolă
hr lozinka zaporka
sl geslo
sq fjalëkalimi
tr şifre parola gizli_anahtar
ru пароль секретный_ключ
bg парола
el κωδικός_πρόσβασης συνθηματικό
id kata_sandi sandi kunci_rahasia
ms kata_laluan
vi mật_khẩu
sw nenosiri
zh 密码 密碼 口令 密钥 密鑰
ja パスワード 暗証番号 秘密鍵 合言葉
ko 비밀번호 암호 비밀키
ar كلمة_المرور كلمة_السر
fa رمز_عبور گذرواژه
he סיסמה סיסמא
th รหัสผ่าน
hi पासवर्ड कूटशब्द
"""
#: Beside the word for a key these say that it opens nothing: the key of a table, a search, a market, a word.
OF_TABLES = """
en public publishable primary foreign partition cache group grouping idempotency natural composite unique sort row
en dedup dedupe deduplication
en object translation i18n hot shortcut accelerator answer color colour registry map word figure account metric event
es palabra palabras punto puntos primaria foránea externa ajena indicador indicadores cliente clientes producto
es orden factor factores única partición cache ordenamiento idioma traducción agrupación fecha momento proceso tabla
es compuesta candidata natural dato datos cuenta cuentas mercado hito tema concepto resultado métrica búsqueda columna
es artículo proveedor pedido campo registro índice catálogo unidad
pt palavra palavras ponto pontos primária estrangeira indicador conta contas cliente fator única produto busca tabela
it parole parola chiave_primaria chiave_esterna cliente indicatore punto primaria esterna
"""
PERSONS = """
de vorname nachname familienname zuname geburtsname rufname vollname vollständiger_name geburtsdatum geburtstag
de geburtsort telefonnummer telefon handynummer handy rufnummer mobilnummer mailadresse kontoinhaber kontonummer
de versichertennummer sozialversicherungsnummer rentenversicherungsnummer ausweisnummer personalausweis
de reisepassnummer führerscheinnummer krankenversicherung kennzeichen ansprechpartner steuernummer staatsangehörigkeit
de mobilnr kontonr ausweisnr mädchenname
fr date_naiss numéro_sécu
es fecha_nac
pt data_nasc
ja メール
ko 휴대전화
he שם
fr prénom prénoms nom nom_de_famille nom_complet nom_naissance date_de_naissance date_naissance lieu_de_naissance
fr téléphone numéro_de_téléphone courriel numéro_sécurité_sociale sécurité_sociale titulaire numéro_fiscal
es nombre nombres apellido apellidos primer_apellido segundo_apellido nombre_completo fecha_de_nacimiento
es fecha_nacimiento nacimiento teléfono móvil celular correo correo_electrónico cédula titular
pt nome sobrenome apelido nome_completo primeiro_nome último_nome nome_mãe data_de_nascimento data_nascimento nascimento
pt telefone telemóvel
it cognome nominativo nome_cognome data_di_nascita data_nascita luogo_di_nascita luogo_nascita telefono cellulare
it codice_fiscale intestatario numero_telefono
nl voornaam achternaam tussenvoegsel naam volledige_naam geboortedatum geboorteplaats telefoonnummer telefoon
nl burgerservicenummer rekeningnummer mobiel
ca cognom cognoms data_naixement telèfon
sv förnamn efternamn fullständigt_namn namn födelsedatum telefonnummer mobilnummer personnummer epost
da fornavn efternavn fulde_navn navn fødselsdato telefonnummer cprnummer
no etternavn fødselsdato fødselsnummer
fi etunimi sukunimi koko_nimi nimi syntymäaika syntymäpäivä puhelin puhelinnumero henkilötunnus sähköposti
is eiginnafn kennitala fæðingardagur
et eesnimi perekonnanimi sünniaeg sünnikuupäev isikukood
lv vārds uzvārds dzimšanas_datums personas_kods
lt vardas pavardė gimimo_data asmens_kodas
pl imię imiona nazwisko imię_nazwisko data_urodzenia miejsce_urodzenia numer_telefonu pełne_imię
cs jméno příjmení celé_jméno datum_narození rodné_číslo telefonní_číslo
sk meno priezvisko celé_meno dátum_narodenia rodné_číslo
hu keresztnév vezetéknév családnév utónév teljes_név név születési_dátum születési_idő születési_hely
hu telefonszám adóazonosító
ro prenume nume nume_complet nume_familie data_nașterii data_naștere cod_numeric_personal
hr ime prezime ime_prezime datum_rođenja
sl priimek datum_rojstva
sq emri mbiemri datëlindja
tr soyad soyadı soyisim isim ad_soyad adı_soyadı ad_soyadı doğum_tarihi doğum_yeri telefon_numarası cep_telefonu
tr kimlik_no kimlik_numarası tckn eposta
ru имя фамилия отчество фио полное_имя дата_рождения место_рождения телефон номер_телефона почта паспорт снилс инн
uk ім'я імя прізвище дата_народження
bg име фамилно_име дата_на_раждане
el όνομα επώνυμο ονοματεπώνυμο ημερομηνία_γέννησης τηλέφωνο
id nama nama_lengkap nama_depan nama_belakang tanggal_lahir tempat_lahir nomor_telepon no_hp no_telepon nomor_induk
ms nama_penuh tarikh_lahir nombor_telefon
vi họ_tên họ_và_tên ngày_sinh số_điện_thoại
sw jina_kamili tarehe_ya_kuzaliwa
zh 姓名 名字 姓 全名 真实姓名 生日 出生日期 手机 手机号 手機 电话 電話 身份证 身份證 邮箱 郵箱
ja 氏名 名前 お名前 姓 名 苗字 フリガナ ふりがな 生年月日 誕生日 電話 携帯 メールアドレス
ko 이름 성명 성함 생년월일 생일 전화번호 휴대폰 연락처 주민등록번호 이메일
ar الاسم اسم_العائلة الاسم_الكامل تاريخ_الميلاد رقم_الهاتف الهاتف
fa نام_خانوادگی تاریخ_تولد
he שם_פרטי שם_משפחה שם_מלא תאריך_לידה טלפון
th ชื่อ นามสกุล วันเกิด โทรศัพท์
hi नाम उपनाम जन्मतिथि फ़ोन
"""
ADDRESSES = """
de hausnr
fr ville
es ciudad
pt cidade bairro
it città
sv adress
pl miasto
cs město
hu város
ro oraș
ru город
de straße strasse hausnummer anschrift adresse wohnort postleitzahl plz postanschrift lieferadresse rechnungsadresse
fr rue adresse code_postal adresse_postale
es calle dirección domicilio código_postal
pt rua endereço morada cep código_postal logradouro
it indirizzo residenza codice_postale
nl straat straatnaam adres woonadres huisnummer postcode woonplaats
ca carrer adreça
sv gatuadress postnummer gata
da gade vej postnummer
no gateadresse
fi katuosoite osoite postinumero lähiosoite
et aadress tänav
lv adrese iela
lt adresas gatvė
pl ulica adres kod_pocztowy zamieszkania
cs ulice adresa bydliště psč
hu utca lakcím irányítószám
ro strada adresă
hr ulica
sl naslov
tr sokak cadde ev_adresi adresi
ru улица адрес
uk вулиця
el διεύθυνση οδός
id alamat jalan kode_pos
vi địa_chỉ
zh 地址 住址 街道
ja 住所 番地 郵便番号
ko 주소 우편번호
ar العنوان
he כתובת רחוב
th ที่อยู่
hi पता
"""
